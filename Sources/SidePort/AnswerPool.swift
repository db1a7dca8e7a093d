private import Glibc
private import Synchronization
internal import Telemetry

/// Works out answers that may take long on threads of their own, so that probes never wait for them.
///
/// Whoever makes a pool stops it: until then its threads keep it alive.
final class AnswerPool: Sendable {
  /// Two, since the machine has other work to do.
  static let threads = 2
  /// What may wait. As a rule one Prometheus asks, and a few people.
  static let capacity = 64

  private struct State {
    var waiting: [@Sendable () -> Void] = []
    var isStopped = false
  }

  private let state = Mutex(State())
  private let work = Semaphore()
  private let finished = Semaphore()

  /// Starts the threads.
  init() throws(SidePortError) {
    for started in 0..<Self.threads {
      var thread = pthread_t()
      let pool = Unmanaged.passRetained(self)
      let code = pthread_create(
        &thread, nil,
        { context in
          guard let context else { return nil }
          Unmanaged<AnswerPool>.fromOpaque(context).takeRetainedValue().run()
          return nil
        }, pool.toOpaque())
      guard code == 0 else {
        pool.release()
        stop(threads: started, within: .zero)
        throw SidePortError(
          "cannot start a thread of the side port: \(String(cString: strerror(code)))")
      }
      pthread_detach(thread)
    }
  }

  /// - Returns: false when too much waits, or the pool is stopped; the work is not done then.
  func submit(_ body: @escaping @Sendable () -> Void) -> Bool {
    let isTaken = state.withLock { state in
      guard !state.isStopped, state.waiting.count < Self.capacity else { return false }
      state.waiting.append(body)
      return true
    }
    if isTaken { work.post() }
    return isTaken
  }

  /// Drops what waits, and waits for what is under way, for so long at most.
  func stop(within limit: Duration) {
    stop(threads: Self.threads, within: limit)
  }

  private func stop(threads: Int, within limit: Duration) {
    let isFirst = state.withLock { state in
      defer { state = State(waiting: [], isStopped: true) }
      return !state.isStopped
    }
    guard isFirst else { return }
    for _ in 0..<threads { work.post() }
    for _ in 0..<threads { _ = finished.wait(for: limit) }
  }

  private func run() {
    while true {
      work.wait()
      let (body, isStopped) = state.withLock { state in
        (state.waiting.isEmpty ? nil : state.waiting.removeFirst(), state.isStopped)
      }
      if isStopped { break }
      body?()
    }
    finished.post()
  }
}
