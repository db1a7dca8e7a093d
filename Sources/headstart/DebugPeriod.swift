internal import EventLoop
internal import Telemetry

/// Lowers the log level to debug for ten minutes, on SIGUSR1; a second signal in that time ends it.
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
    timer?.start(after: Self.length)
    logger.setLevel(.debug)
    logger.info("log level is debug", ["for": .duration(Self.length)])
  }

  /// The level is lowered after the line, which would be hidden where the usual level is `warn`.
  private func end() {
    timer?.stop()
    logger.info("log level is as before", ["level": .string(usualLevel.name)])
    logger.setLevel(usualLevel)
  }
}
