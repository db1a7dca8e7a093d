internal import EventLoop
internal import Time

/// What is due when on a worker, with one timer of its loop. Confined to the loop.
final class WorkerTimeouts {
  typealias Token = DeadlineQueue<MonotonicTime, Timeout>.Token

  private var queue = DeadlineQueue<MonotonicTime, Timeout>()
  private var timer: LoopTimer?
  /// When `timer` fires; nil when it is stopped.
  private var timerTime: MonotonicTime?

  /// - Parameter fired: takes what has expired.
  func start(on loop: EventLoop, fired: @escaping () -> Void) throws(EventLoopError) {
    timer = try LoopTimer(on: loop) { [unowned self] in
      timerTime = nil
      fired()
      arm()
    }
  }

  /// Nothing is taken from now on.
  func stop() {
    timer = nil
  }

  var earliest: MonotonicTime? { queue.earliest }

  func add(_ time: MonotonicTime, _ timeout: Timeout) -> Token {
    let token = queue.add(time, timeout)
    arm()
    return token
  }

  /// Removes a timeout that has not been taken. The timer stays: firing once for nothing costs less than
  /// setting it for every call.
  func remove(_ token: Token) {
    queue.remove(token)
  }

  /// Takes one timeout that is due, the earliest first.
  func takeExpired(at now: MonotonicTime) -> Timeout? {
    queue.takeExpired(at: now)
  }

  /// Sets the timer to the earliest timeout, unless it fires before that anyway.
  private func arm() {
    guard let earliest = queue.earliest else { return }
    if let timerTime, timerTime <= earliest { return }
    timerTime = earliest
    timer?.start(after: WorkerContext.clock.duration(to: earliest))
  }
}
