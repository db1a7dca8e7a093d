internal import EventLoop
internal import SidePort
internal import Synchronization
internal import Telemetry

/// Reads manifests and certificates again at once, whether they look changed or not: on SIGHUP and
/// on `POST /-/reload`. Tokens and passwords are read at every use anyway; the side port's token is
/// tried.
///
/// May be asked from any thread. Reloads run one at a time on the loop of the manifests, and all
/// that are asked for before one begins get its answer.
final class Reloader: Sendable {
  private let watcher: ManifestWatcher
  private let certificates: [CertificateWatcher]
  private let token: BearerToken?
  private let logger: Logger
  private let waiting = Mutex<[@Sendable (ReloadReport) -> Void]>([])

  /// - Parameters:
  ///   - certificates: on the loop of `watcher`.
  ///   - token: the side port's.
  init(
    watcher: ManifestWatcher, certificates: [CertificateWatcher], token: BearerToken?,
    logger: Logger
  ) {
    self.watcher = watcher
    self.certificates = certificates
    self.token = token
    self.logger = logger
  }

  /// - Parameters:
  ///   - asker: for the log, such as `SIGHUP`.
  ///   - completion: called on the loop of the manifests.
  func reload(
    for asker: String, completion: @escaping @Sendable (ReloadReport) -> Void = { _ in }
  ) {
    logger.info("reload", ["asked_by": .string(asker)])
    let isFirst = waiting.withLock { waiting in
      waiting.append(completion)
      return waiting.count == 1
    }
    if isFirst { watcher.loop.post { self.run() } }
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
    logger.log(
      report.problems.isEmpty ? .info : .error, "reloaded",
      [
        "policies": .int(report.policies), "certificates": .int(certificates.count),
        "problems": .string(report.problems.joined(separator: "; ")),
      ])
    for completion in completions { completion(report) }
  }
}
