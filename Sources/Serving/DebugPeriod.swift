internal import EventLoop
internal import SidePort
internal import Telemetry

/// Another log level for ten minutes: debug on SIGUSR1, until a second signal, and any level on
/// `PUT /api/v1/log-level`.
actor DebugPeriod {
  nonisolated let loop: EventLoop
  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  private let logger: Logger
  private let usualLevel: LogLevel
  private var timer: LoopTimer?

  private static let length = Duration.seconds(600)

  init(loop: EventLoop, logger: Logger) {
    self.loop = loop
    self.logger = logger
    usualLevel = logger.level
  }

  func start() throws(EventLoopError) {
    timer = try LoopTimer(on: loop) { [unowned self] in
      self.assumeIsolated { $0.end() }
    }
  }

  func shutDown() {
    timer = nil
  }

  func toggle() {
    guard timer?.isActive == false else { return end() }
    _ = set(.debug)
  }

  /// The line is written at the more talkative of the two levels, so that it is seen.
  func set(_ level: LogLevel) -> LogLevelChange {
    guard level != usualLevel else {
      end()
      return LogLevelChange(level: level, lasting: nil)
    }
    timer?.start(after: Self.length)
    logger.setLevel(min(level, logger.level))
    logger.info("log level is \(level.name)", ["for": .duration(Self.length)])
    logger.setLevel(level)
    return LogLevelChange(level: level, lasting: Self.length)
  }

  /// The level is lowered after the line, which would be hidden where the usual level is `warn`.
  private func end() {
    timer?.stop()
    logger.info("log level is as before", ["level": .string(usualLevel.name)])
    logger.setLevel(usualLevel)
  }
}
