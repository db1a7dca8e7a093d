internal import EventLoop
internal import Scaling
internal import TLS
internal import Telemetry
internal import Time

/// Watches the TLS files of one port and takes over what they become, without a restart.
actor CertificateWatcher {
  nonisolated let loop: EventLoop
  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  private let files: TLSFiles
  /// For the log: `gRPC` or `HTTP`.
  private let port: String
  private let logger: Logger
  private let metrics: CertificateMetrics
  private let takeOver: @Sendable (TLSContext) throws -> Void
  private var filesState: TLSReload
  /// Why the files are not in force; nil when they are.
  private var refusal: String?
  private var watchers: [DirectoryWatcher?] = []
  private var settleTimer: LoopTimer?
  private var pollTimer: LoopTimer?

  /// A change comes as a burst of events, and is complete a moment after the last one.
  private static let settleDelay = Duration.milliseconds(100)
  /// For what inotify does not tell: changes behind symbolic links, and on network mounts.
  private static let pollInterval = Duration.seconds(2)

  /// - Parameters:
  ///   - inForce: what the files held when the port was opened.
  ///   - port: for the log: `gRPC` or `HTTP`.
  ///   - takeOver: secures new connections with this; throws when it cannot.
  init(
    loop: EventLoop, files: TLSFiles, inForce: TLSContext, port: String, logger: Logger,
    metrics: CertificateMetrics, takeOver: @escaping @Sendable (TLSContext) throws -> Void
  ) {
    self.loop = loop
    self.files = files
    self.port = port
    self.logger = logger
    self.metrics = metrics
    self.takeOver = takeOver
    filesState = TLSReload(files: files, contents: inForce.contents)
    metrics.served(until: inForce.validUntil)
    Self.warnOfTimes(inForce, files, logger)
  }

  /// Begins to watch.
  func start() throws(EventLoopError) {
    settleTimer = try LoopTimer(on: loop) { [unowned self] in
      self.assumeIsolated { $0.look() }
    }
    pollTimer = try LoopTimer(on: loop) { [unowned self] in
      self.assumeIsolated { $0.look() }
    }
    watchDirectories()
    pollTimer?.start(after: Self.pollInterval, repeating: Self.pollInterval)
  }

  func shutDown() {
    settleTimer = nil
    pollTimer = nil
    watchers = []
  }

  /// Looks at the files now.
  ///
  /// - Returns: why they are not in force; nil when they are.
  func reload() -> String? {
    look()
    return refusal
  }

  private func watchDirectories() {
    var directories: [String] = []
    for path in files.all {
      let directory = Self.directory(of: path)
      if !directories.contains(directory) { directories.append(directory) }
    }
    watchers = directories.map { directory in
      try? DirectoryWatcher(on: loop, path: directory) { [unowned self] in
        self.assumeIsolated { $0.settleTimer?.start(after: Self.settleDelay) }
      }
    }
  }

  private func look() {
    let result = Result { () throws(TLSError) in try files.read() }
    switch filesState.looked(result) {
    case .none:
      break
    case .fixed:
      refusal = nil
      logger.info("TLS files fixed: they are as they were", ["port": .string(port)])
    case .report(let error):
      refuse("\(error)")
    case .replace(let context):
      do {
        try takeOver(context)
      } catch {
        refuse("\(error)")
        return
      }
      refusal = nil
      metrics.tookOver(until: context.validUntil)
      logger.info(
        "TLS files taken over",
        [
          "port": .string(port), "certificate": .string(files.certificate),
          "expires": .string(Self.text(context.validUntil)),
        ])
      Self.warnOfTimes(context, files, logger)
      // A directory that was exchanged needs a new watch.
      watchDirectories()
    }
  }

  private func refuse(_ problem: String) {
    refusal = "the \(port) port's certificate was not taken over: \(problem)"
    metrics.refused()
    logger.error(
      "TLS files not taken over; the certificate before stays in force",
      ["port": .string(port), "error": .string(problem)])
  }

  /// Clients will refuse the certificate, and yet the port must serve: some do not look, and the
  /// next certificate is taken over without a restart.
  private static func warnOfTimes(_ context: TLSContext, _ files: TLSFiles, _ logger: Logger) {
    let now = WallClock.now().milliseconds / 1000
    if context.validUntil <= now {
      logger.warning(
        "the certificate has expired",
        ["certificate": .string(files.certificate), "expired": .string(text(context.validUntil))])
    } else if context.validFrom > now {
      logger.warning(
        "the certificate is not valid yet",
        ["certificate": .string(files.certificate), "from": .string(text(context.validFrom))])
    }
  }

  private static func text(_ seconds: Int64) -> String {
    let (milliseconds, hasOverflowed) = seconds.multipliedReportingOverflow(by: 1000)
    return hasOverflowed ? "\(seconds)" : Instant(milliseconds: milliseconds).rfc3339
  }

  private static func directory(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}
