package import EventLoop
internal import HTTPClient
internal import Scaling
package import Telemetry
internal import Time

/// Knows every object of one kind, in one namespace or all, and hears of every change.
///
/// It keeps no objects itself: it tells of them. It is responsible for finding the resource, for
/// lists, for watches that break off, expire or fall silent, and for telling of them no more than
/// once. While the API server is away, nothing is reported: what is known stays in force.
///
/// Confined to its client's loop.
package final class Reflector {
  private let client: KubernetesClient
  private let kind: GroupVersionKind
  private let namespace: String?
  private let settings: Settings
  private let logger: Logger
  private let metrics: KubernetesMetrics?
  private let onChange: (Change) -> Void
  private var progress: WatchProgress
  private var jitter: JitterSource
  private var resource: APIResource?
  private var listWalk: ListWalk?
  private var ticket: APITicket?
  private var waitTimer: LoopTimer?
  private var resyncTimer: LoopTimer?
  private var isStopped = false
  /// The last thing that was logged of it.
  private var reported: Report?

  package struct Settings: Sendable {
    /// After which a watch without any event is restarted.
    package var silence: Duration
    /// Objects whose labels do not fit are not there; nil for all. What ceases to fit is deleted, as
    /// the server tells it.
    package var selector: String?
    /// What the server is asked to end a watch after; up to half as long again, so that the watches
    /// of many clients do not end together.
    package var watchLimit = Duration.seconds(300)
    /// How often everything is listed and compared, whatever the watch has told.
    package var resync = Duration.seconds(900)
    package var pageSize = ObjectList.pageSize

    package init(silence: Duration, selector: String? = nil) {
      self.silence = silence
      self.selector = selector
    }
  }

  package enum Change {
    /// Everything there is; what is not among it is gone.
    case listed([KubernetesObject], APIResource)
    /// New or changed.
    case stored(KubernetesObject)
    case deleted(KubernetesObject)
    /// There is nothing to list: the server does not know the kind.
    case absent
    /// The list fails; it is tried again.
    case failed(KubernetesFailure)
  }

  private enum Report: Hashable {
    case synced, absent, failing(KubernetesFailure.Kind)
  }

  /// - Parameters:
  ///   - namespace: Nil for all.
  ///   - onChange: Called on the loop.
  package init(
    client: KubernetesClient, kind: GroupVersionKind, namespace: String?,
    settings: Settings, logger: Logger, metrics: KubernetesMetrics? = nil,
    onChange: @escaping (Change) -> Void
  ) throws(EventLoopError) {
    self.client = client
    self.kind = kind
    self.namespace = namespace
    self.settings = settings
    self.logger = logger
    self.metrics = metrics
    self.onChange = onChange
    let jitter = JitterSource.random()
    self.jitter = jitter
    progress = WatchProgress(jitter: jitter)
    waitTimer = try LoopTimer(on: client.loop) { [unowned self] in
      obey(progress.waited(now: client.loop.now))
    }
    resyncTimer = try LoopTimer(on: client.loop) { [unowned self] in resync() }
  }

  package func start() {
    client.observeReturn(for: self) { [weak self] since in self?.serverReturned(since) }
    obey(progress.started())
  }

  package func stop() {
    isStopped = true
    client.stopObservingReturn(for: self)
    progress.stopped()
    listWalk?.cancel()
    ticket?.cancel()
    waitTimer = nil
    resyncTimer = nil
  }

  private func obey(_ order: WatchProgress.Order) {
    guard !isStopped else { return }
    switch order {
    case .nothing: break
    case .list: list()
    case .watch(let version): watch(from: version)
    case .wait(let duration): waitTimer?.start(after: duration)
    }
  }

  // MARK: Lists

  private func list() {
    ticket?.cancel()
    ticket = nil
    client.resource(of: kind) { [weak self] result in
      guard let self, !isStopped else { return }
      switch result {
      case .success(let resource):
        self.resource = resource
        listWalk = client.list(
          resource, namespace: namespace, selector: settings.selector,
          pageSize: settings.pageSize
        ) { [weak self] result in self?.listEnded(result, resource) }
      case .failure(let failure): listFailed(failure)
      }
    }
  }

  private func listEnded(
    _ result: Result<ObjectList, KubernetesFailure>, _ resource: APIResource
  ) {
    guard !isStopped else { return }
    listWalk = nil
    switch result {
    case .failure(let failure): listFailed(failure)
    case .success(let list):
      report(.synced, count: list.items.count)
      onChange(.listed(list.items, resource))
      let spread = Double.random(in: 0.9...1.1, using: &jitter)
      resyncTimer?.start(after: settings.resync * spread)
      obey(progress.listed(resourceVersion: list.resourceVersion, now: client.loop.now))
    }
  }

  private func listFailed(_ failure: KubernetesFailure) {
    if failure.kind == .unknownResource {
      report(.absent)
      onChange(.absent)
    } else {
      report(.failing(failure.kind), failure)
      onChange(.failed(failure))
    }
    obey(progress.listFailed(failure))
  }

  private func resync() {
    let order = progress.resyncDue()
    if order == .list { countRestart("resync") }
    obey(order)
  }

  // MARK: Watches

  private func watch(from version: String) {
    guard let resource else { return obey(progress.started()) }
    let limit = settings.watchLimit * Double.random(in: 1...1.5, using: &jitter)
    ticket = client.watch(
      resource, namespace: namespace, selector: settings.selector, from: version, limit: limit,
      patience: progress.patience, silence: settings.silence,
      onEvent: { [weak self] event in self?.received(event) },
      completion: { [weak self] result in self?.watchEnded(result) })
  }

  private func received(_ event: WatchEvent) {
    switch event {
    case .added(let object), .modified(let object):
      progress.received(resourceVersion: object.resourceVersion, now: client.loop.now)
      report(.synced)
      onChange(.stored(object))
    case .deleted(let object):
      progress.received(resourceVersion: object.resourceVersion, now: client.loop.now)
      report(.synced)
      onChange(.deleted(object))
    case .bookmark(let version):
      progress.received(resourceVersion: version, now: client.loop.now)
      report(.synced)
    case .failed(let failure):
      ticket?.cancel()
      ticket = nil
      watchFailed(failure)
    }
  }

  private func watchEnded(_ result: Result<Void, KubernetesFailure>) {
    guard !isStopped else { return }
    ticket = nil
    switch result {
    case .success:
      countRestart("ended")
      obey(progress.watchEnded(now: client.loop.now))
    case .failure(let failure): watchFailed(failure)
    }
  }

  private func watchFailed(_ failure: KubernetesFailure) {
    countRestart(Self.reason(of: failure))
    // Both belong to a healthy watch.
    let isOrdinary = failure.kind == .expired || progress.hasFallenSilent(failure)
    if isOrdinary {
      logger.debug("watch", ["kind": .string(kind.kind), "restarted": .string(failure.message)])
    } else {
      report(.failing(failure.kind), failure)
    }
    obey(progress.watchFailed(failure, now: client.loop.now))
  }

  /// The server answers again, whose silence was noticed then, by whatever call.
  package func serverReturned(_ awaySince: Duration) {
    let order = progress.serverReturned(awaySince: awaySince, now: client.loop.now)
    guard order != .nothing else { return }
    ticket?.cancel()
    ticket = nil
    countRestart("returned")
    obey(order)
  }

  private static func reason(of failure: KubernetesFailure) -> String {
    switch failure.kind {
    case .expired: "expired"
    case .unreachable(.timeout): "silent"
    case .unreachable: "broken"
    default: "refused"
    }
  }

  private func countRestart(_ reason: String) {
    metrics?.watchRestarts.with([resource?.qualifiedName ?? kind.kind, reason]).increment()
  }

  // MARK: The log

  /// Says what has changed, and nothing while it stays the same.
  private func report(_ new: Report, _ failure: KubernetesFailure? = nil, count: Int? = nil) {
    guard new != reported else { return }
    let before = reported
    reported = new
    var fields: LogFields = ["kind": .describing(kind)]
    fields.append("namespace", namespace.map { .string($0) })
    switch new {
    case .synced:
      fields.append("objects", count.map { .int($0) })
      logger.info(before == nil ? "watching" : "watching again", fields)
    case .absent:
      fields.append("retry", .string("about every \(WatchProgress.absentWait.text)"))
      logger.info("not watching: the API server does not know the kind", fields)
    case .failing:
      fields.append("problem", failure.map { .string($0.message) })
      logger.warning("the watch fails; what is known stays in force", fields)
    }
  }
}
