internal import EventLoop
internal import SidePort
internal import Synchronization
internal import Telemetry

/// Reads manifests and certificates again at once, whether they look changed or not: on SIGHUP and
/// on `POST /-/reload`. Tokens and passwords are read at every use anyway; the side port's token is
/// tried.
///
/// Reloads run one at a time on the loop of the manifests, at most one a second however many ask; all
/// that are asked for before one begins get its answer.
actor Reloader {
  nonisolated let loop: EventLoop
  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  private let watcher: ManifestWatcher
  private let certificates: [CertificateWatcher]
  private let token: BearerToken?
  private let logger: Logger
  private nonisolated let waiting = Mutex<[@Sendable (ReloadReport) -> Void]>([])
  private var timer: LoopTimer?
  /// When the latest one ended, by the loop's clock.
  private var latest: Duration?

  private static let pause = Duration.seconds(1)

  /// - Parameters:
  ///   - certificates: on the loop of `watcher`.
  ///   - token: the side port's.
  init(
    watcher: ManifestWatcher, certificates: [CertificateWatcher], token: BearerToken?,
    logger: Logger
  ) {
    loop = watcher.loop
    self.watcher = watcher
    self.certificates = certificates
    self.token = token
    self.logger = logger
  }

  func start() throws(EventLoopError) {
    timer = try LoopTimer(on: loop) { [unowned self] in
      self.assumeIsolated { $0.run() }
    }
  }

  func shutDown() {
    timer = nil
  }

  /// From any thread.
  ///
  /// - Parameters:
  ///   - asker: for the log, such as `SIGHUP`.
  ///   - completion: called on the loop of the manifests.
  nonisolated func reload(
    for asker: String, completion: @escaping @Sendable (ReloadReport) -> Void = { _ in }
  ) {
    let isFirst = waiting.withLock { waiting in
      waiting.append(completion)
      return waiting.count == 1
    }
    guard isFirst else { return }
    logger.info("reload", ["asked_by": .string(asker)])
    loop.post { self.assumeIsolated { $0.runSoon() } }
  }

  private func runSoon() {
    guard let timer, let latest, loop.now - latest < Self.pause else { return run() }
    timer.start(after: latest + Self.pause - loop.now)
  }

  private func run() {
    let completions = waiting.withLock { waiting in
      defer { waiting = [] }
      return waiting
    }
    var report = watcher.assumeIsolated { $0.reload() }
    for certificate in certificates {
      let problem = certificate.assumeIsolated { $0.reload() }
      if let problem { report.problems.append(problem) }
    }
    if let problem = token?.problem { report.problems.append(problem) }
    latest = loop.now
    logger.log(
      report.problems.isEmpty ? .info : .error, "reloaded",
      [
        "policies": .int(report.policies), "certificates": .int(certificates.count),
        "problems": .string(report.problems.joined(separator: "; ")),
      ])
    for completion in completions { completion(report) }
  }
}
