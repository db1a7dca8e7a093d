internal import CUV
internal import Glibc
internal import Synchronization

/// A libuv loop on a thread of its own, and the executor of the actors that live on it.
///
/// It is responsible for running what is posted to it, in order, on its thread, and for proving at
/// run time that a caller is on that thread. It is not responsible for what runs there: timers,
/// sockets and watchers are owned by the actors of the loop.
package final class EventLoop: SerialExecutor, Sendable {
  /// Two C structures that libuv wants at a fixed address for the life of the loop.
  ///
  /// Invariant for `nonisolated(unsafe)`: written only by `init` and at the end of `run`; between
  /// them only the loop's thread passes them to libuv.
  nonisolated(unsafe) let handle: UnsafeMutablePointer<uv_loop_t>
  nonisolated(unsafe) private let wakeUp: UnsafeMutablePointer<uv_poll_t>

  /// How other threads wake the loop, which polls this descriptor. With `uv_async_t` the loop would
  /// spin until the thread that woke it has run again, and one that yields to others
  /// (`yieldToOthers`) would not run meanwhile: both lost milliseconds of a processor each time.
  private let event: Int32
  private let inbox = Mutex(Inbox())
  /// The thread inside `run`, as a bit pattern; 0 before and after.
  private let runner = Atomic<UInt>(0)
  private let name: String

  private struct Inbox {
    var work: [Work] = []
    /// Keeps `event` to one write for each batch.
    var isAwake = false
    /// Set once `run` has returned: what is posted later is dropped.
    var hasEnded = false
  }

  private enum Work {
    case job(UnownedJob)
    case closure(@Sendable () -> Void)
  }

  /// - Parameter name: shown by `top -H` and debuggers; at most 15 bytes count.
  package init(name: String) throws(EventLoopError) {
    self.name = name
    handle = .allocate(capacity: 1)
    wakeUp = .allocate(capacity: 1)
    event = cuv_event()
    var code = event < 0 ? event : uv_loop_init(handle)
    if code == 0 { code = uv_poll_init(handle, wakeUp, event) }
    if code == 0 {
      code = uv_poll_start(wakeUp, Int32(UV_READABLE.rawValue)) { poll, _, _ in
        guard let context = poll?.pointee.data else { return }
        Unmanaged<EventLoop>.fromOpaque(context).takeUnretainedValue().drainInbox()
      }
    }
    guard code == 0 else {
      inbox.withLock { $0.hasEnded = true }
      if event >= 0 { _ = Glibc.close(event) }
      handle.deallocate()
      wakeUp.deallocate()
      throw EventLoopError("create an event loop", code: code)
    }
    wakeUp.pointee.data = Unmanaged.passUnretained(self).toOpaque()
  }

  deinit {
    // A loop that never ran has not been freed by its end.
    if !inbox.withLock({ $0.hasEnded }) { close() }
  }

  // MARK: Running

  /// Runs the loop on a new thread.
  ///
  /// - Returns: what waits for the end of that thread, after `stop`.
  package func start() throws(EventLoopError) -> EventLoopThread {
    try EventLoopThread(name: name) { self.run() }
  }

  /// Runs the loop on the calling thread until `stop`.
  package func run() {
    runner.store(Self.currentThread, ordering: .releasing)
    uv_run(handle, UV_RUN_DEFAULT)
    close()
    runner.store(0, ordering: .releasing)
  }

  /// Lets the threads of others run first from now on, where processors are short. On the loop.
  ///
  /// On Linux a priority is of one thread, and lowering one's own needs no privilege; where it is
  /// refused all the same, the loop competes as any other.
  package func yieldToOthers() {
    setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, Self.backgroundNice)
  }

  private static let backgroundNice: Int32 = 10

  /// Ends `run` after the work that is under way. From any thread.
  package func stop() {
    post { uv_stop(self.handle) }
  }

  /// Runs `work` on the loop, after all that was posted before it. From any thread.
  package func post(_ work: @escaping @Sendable () -> Void) {
    enqueue(.closure(work))
  }

  /// The loop's clock: monotonic, in whole milliseconds from an arbitrary start, read once for each
  /// turn of the loop. On the loop only.
  package var now: Duration {
    .milliseconds(Int64(clamping: uv_now(handle)))
  }

  // MARK: Executor

  package func enqueue(_ job: consuming ExecutorJob) {
    enqueue(.job(UnownedJob(job)))
  }

  package func asUnownedSerialExecutor() -> UnownedSerialExecutor {
    UnownedSerialExecutor(ordinary: self)
  }

  package func checkIsolated() {
    precondition(isCurrent, "called off the event loop \(name), which confines this state")
  }

  package func isIsolatingCurrentContext() -> Bool? {
    isCurrent
  }

  /// Whether the caller is on the loop's thread.
  package var isCurrent: Bool {
    runner.load(ordering: .acquiring) == Self.currentThread
  }

  // MARK: Private

  private static var currentThread: UInt {
    UInt(pthread_self())
  }

  private func enqueue(_ work: Work) {
    inbox.withLock { inbox in
      guard !inbox.hasEnded else { return }
      inbox.work.append(work)
      guard !inbox.isAwake else { return }
      inbox.isAwake = true
      // Inside the lock, so that `close` cannot free the handle in between.
      cuv_event_set(event)
    }
  }

  /// Runs one batch. What the batch posts waits for the next turn, so that posting in a circle
  /// cannot keep sockets from being read.
  private func drainInbox() {
    // First: what is posted from here on is in the batch, or sets it again.
    cuv_event_clear(event)
    let batch = inbox.withLock { inbox in
      inbox.isAwake = false
      return exchange(&inbox.work, with: [])
    }
    for work in batch {
      switch work {
      case .job(let job): job.runSynchronously(on: asUnownedSerialExecutor())
      case .closure(let closure): closure()
      }
    }
  }

  private func exchange(_ work: inout [Work], with new: [Work]) -> [Work] {
    let old = work
    work = new
    return old
  }

  /// Frees the loop, if its owners have closed all they opened. If not, its memory stays: freeing
  /// it under an open handle would be worse.
  private func close() {
    inbox.withLock { inbox in
      inbox.hasEnded = true
      inbox.work = []
    }
    uv_close(wakeUp.asHandle, nil)
    uv_run(handle, UV_RUN_NOWAIT)
    _ = Glibc.close(event)
    guard uv_loop_close(handle) == 0 else { return }
    handle.deallocate()
    wakeUp.deallocate()
  }
}

extension UnsafeMutablePointer {
  /// Every libuv handle begins with the fields of `uv_handle_t`, and libuv's own API casts so.
  var asHandle: UnsafeMutablePointer<uv_handle_t> {
    UnsafeMutableRawPointer(self).assumingMemoryBound(to: uv_handle_t.self)
  }
}
