package import EventLoop
package import Kubernetes
package import Scaling
package import Telemetry

/// Leads requests for workloads at zero to KubeElasti's resolver, as KubeElasti's operator does: for
/// each ElastiService of the API server a private Service, and while no pod is ready an EndpointSlice
/// by which the public Service leads to the resolver.
///
/// 1. Works only while this replica leads, and watches nothing otherwise.
/// 2. Has the slice there before the last pod goes, and takes it away once a pod is ready.
/// 3. Never stops scaling: what cannot be made is a warning, an event and a count, and tried again.
///
/// Confined to its client's loop.
package final class ResolverNetwork {
  let client: KubernetesClient
  let loop: EventLoop
  let settings: Settings
  let logger: Logger
  let metrics: ElastiMetrics
  let recorder: EventRecorder
  let status: StatusWriter
  private let isLeader: () -> Bool
  var entries: [ObjectKey: NetworkEntry] = [:]
  var view = NetworkView()
  /// Of the resolver's Service alone.
  var resolverView = NetworkView()
  var watches: NetworkWatches?
  private var sweep: LoopTimer?

  package struct Settings: Sendable {
    package var resolver: ElastiResolver
    /// Whose ElastiServices are read; empty for all.
    package var namespaces: [String]
    /// A label selector of ElastiServices; nil for all.
    package var selector: String?
    /// After which a watch without any event is restarted.
    package var silence: Duration

    package init(
      resolver: ElastiResolver, namespaces: [String] = [], selector: String? = nil,
      silence: Duration
    ) {
      self.resolver = resolver
      self.namespaces = namespaces
      self.selector = selector
      self.silence = silence
    }
  }

  /// How long scaling to zero waits for the slice. Later it goes on without.
  static let patience = Duration.seconds(5)
  private static let sweepPeriod = Duration.milliseconds(500)

  /// - Parameter isLeader: whether this replica may write, at this very moment.
  package init(
    client: KubernetesClient, loop: EventLoop, settings: Settings, recorder: EventRecorder,
    status: StatusWriter, logger: Logger, metrics: ElastiMetrics, isLeader: @escaping () -> Bool
  ) throws(EventLoopError) {
    self.client = client
    self.loop = loop
    self.settings = settings
    self.recorder = recorder
    self.status = status
    self.logger = logger
    self.metrics = metrics
    self.isLeader = isLeader
    sweep = try LoopTimer(on: loop) { [unowned self] in swept() }
    sweep?.start(after: Self.sweepPeriod, repeating: Self.sweepPeriod)
  }

  package func shutDown() {
    sweep = nil
    stop()
  }

  /// The Lease was won or lost.
  package func leadershipChanged() {
    guard isLeader() else { return stop() }
    guard watches == nil else { return }
    do throws(EventLoopError) {
      let watches = try NetworkWatches(self)
      self.watches = watches
      watches.start()
    } catch {
      logger.error("the resolver gets no requests", ["problem": .describing(error)])
    }
  }

  private func stop() {
    watches?.stop()
    watches = nil
    for entry in entries.values {
      entry.ticket?.cancel()
      entry.release()
    }
    entries = [:]
    view = NetworkView()
    resolverView = NetworkView()
  }

  // MARK: What direct scaling tells

  /// The target of a policy is about to be scaled to zero.
  ///
  /// - Parameter completion: called once the resolver has its requests, or it is known that it does
  ///   not get them; at once for what is no ElastiService of the API server.
  func prepare(_ policy: ResourceName, completion: @escaping () -> Void) {
    guard let watches, isLeader() else { return completion() }
    let key = ObjectKey(namespace: policy.namespace, name: policy.name)
    guard let entry = entries[key], entry.names != nil else {
      guard !watches.hasListed else { return completion() }
      // Which ElastiServices there are is not known yet; soon it is.
      watches.waiters.append(
        (
          loop.now + Self.patience,
          { [weak self] in
            guard let self, self.watches?.hasListed == true else { return completion() }
            self.prepare(policy, completion: completion)
          }
        ))
      return
    }
    entry.traffic.leaves()
    entry.waiters.append((loop.now + Self.patience, completion))
    entry.retryAt = nil
    reconcile(entry)
  }

  /// Direct scaling has looked at the target of a policy, or scaled it.
  func observed(_ policy: ResourceName, replicas: Int?) {
    guard let entry = entries[ObjectKey(namespace: policy.namespace, name: policy.name)] else {
      return
    }
    entry.traffic.observed(replicas: replicas, now: loop.now)
    reconcile(entry)
  }

  func scaled(_ operation: ScaleOperation) {
    let policy = operation.policy
    guard
      let names = entries[ObjectKey(namespace: policy.namespace, name: policy.name)]?.names
    else { return }
    let error: String
    switch operation.outcome {
    case .succeeded, .dryRun: error = ElastiMetrics.success
    case .failed, .refused: error = operation.outcome.result
    }
    metrics.scales.with([
      names.service, policy.namespace ?? "", "\(operation.target.kind)-\(operation.target.name)",
      error,
    ]).increment()
  }

  /// The status of these objects is written from now on, which may be later than their requests were
  /// led anywhere.
  package func reviewed(_ reviews: [ObjectReview]) {
    for review in reviews where review.id.kind == APIResource.elastiServices.kind {
      tellStatus(of: ObjectKey(namespace: review.id.namespace, name: review.id.name))
    }
  }

  func tellStatus(of key: ObjectKey) {
    guard let isServing = entries[key]?.isServing else { return }
    status.learn(
      ObjectID(
        kind: APIResource.elastiServices.kind, namespace: key.namespace, name: key.name)
    ) { $0.isProxied = !isServing }
  }

  // MARK: What the watches tell

  func stored(_ object: KubernetesObject) {
    if let entry = entries[object.key], entry.elastiService.uid == object.uid {
      entry.elastiService = object
      entry.retryAt = nil
      return reconcile(entry)
    }
    if entries[object.key] != nil { removed(object.key) }
    let entry = NetworkEntry(object)
    entries[object.key] = entry
    metrics.informerChanges.with([object.key.description, "add", ElastiMetrics.success]).increment()
    if watches?.follows(object.namespace) == false { follow() }
    reconcile(entry)
  }

  func removed(_ key: ObjectKey) {
    guard let entry = entries.removeValue(forKey: key) else { return }
    entry.ticket?.cancel()
    countFarewell(entry, .success(entry.elastiService))
    entry.release()
    metrics.informerChanges.with([key.description, "remove", ElastiMetrics.success]).increment()
    metrics.forget(key.description)
    if !entries.keys.contains(where: { $0.namespace == key.namespace }) { follow() }
  }

  private func follow() {
    watches?.follow(Set(entries.keys.compactMap(\.namespace)))
  }

  /// A Service, or one of its slices, has changed.
  func changed(_ object: KubernetesObject, _ resource: APIResource) {
    let parent = object.metadata["labels"]?[NetworkObjects.serviceLabel]?.text
    for entry in entries.values where entry.key.namespace == object.namespace {
      guard let names = entry.names else { continue }
      let about = resource == .services ? object.name : parent ?? ""
      guard [names.service, names.privateService].contains(about) || object.name == names.slice
      else {
        continue
      }
      metrics.informerCalls.with([
        entry.key.description, "\(resource.kind)/\(object.name)", ElastiMetrics.success,
      ]).increment()
      entry.retryAt = nil
      reconcile(entry)
    }
  }

  /// Everything may have changed.
  func reconcileAll(in namespace: String? = nil) {
    for entry in entries.values where namespace == nil || entry.key.namespace == namespace {
      entry.retryAt = nil
      reconcile(entry)
    }
  }

  private func swept() {
    guard watches != nil else { return }
    let now = loop.now
    watches?.timePassed(now: now)
    for entry in entries.values {
      if entry.waiters.contains(where: { $0.until <= now }) { entry.release() }
      if entry.traffic.isWaiting {
        entry.traffic.timePassed(now: now)
        reconcile(entry)
      } else if let retryAt = entry.retryAt, retryAt <= now {
        entry.retryAt = nil
        reconcile(entry)
      }
    }
  }

  // MARK: Steps

  func reconcile(_ entry: NetworkEntry) {
    guard let watches, isLeader(), entry.ticket == nil, let names = entry.names else { return }
    guard watches.knows(entry.key.namespace) else {
      if let failure = watches.failure(in: entry.key.namespace) { failed(entry, failure) }
      return
    }
    if let retryAt = entry.retryAt, loop.now < retryAt { return }
    entry.traffic.endpoints(ready: view.ready(of: names, in: entry.key.namespace))
    let facts = facts(of: entry, names)
    let step = NetworkStep(facts)
    if step != .nothing { entry.busySince = entry.busySince ?? loop.now }
    switch step {
    case .nothing: settled(entry, isServing: facts.isServing)
    case .blocked(let sentence): stuck(entry, sentence, code: "blocked")
    case .create, .patch, .delete: perform(step, entry)
    }
  }

  private func facts(of entry: NetworkEntry, _ names: ResolverNames) -> NetworkFacts {
    let namespace = entry.key.namespace
    let privateService = view.service(names.privateService, in: namespace)
    let owners = privateService.map(NetworkObjects.owners) ?? []
    let isOurs = owners.contains(entry.elastiService.uid)
    let other =
      isOurs || owners.isEmpty
      ? nil
      : entries.values.first {
        $0.key.namespace == namespace && owners.contains($0.elastiService.uid)
      }
    return NetworkFacts(
      elastiService: entry.elastiService, names: names,
      publicService: view.service(names.service, in: namespace), privateService: privateService,
      slice: view.slice(names.slice, in: namespace), otherOwner: other?.key.name,
      strays: view.owned(by: entry.elastiService.uid).filter {
        $0.name != names.privateService && $0.name != names.slice
      },
      resolver: settings.resolver,
      resolverAddresses: resolverView.addresses(
        of: settings.resolver.service, in: settings.resolver.namespace),
      isServing: entry.traffic.isServing)
  }
}
