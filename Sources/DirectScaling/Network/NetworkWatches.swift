internal import EventLoop
internal import Kubernetes
internal import Scaling
internal import Telemetry

/// The watches of the network: ElastiServices, the resolver's EndpointSlices, and the Services and
/// EndpointSlices of each namespace that has an ElastiService.
///
/// Confined to the network's loop.
final class NetworkWatches {
  private unowned let network: ResolverNetwork
  private var elastiServices: [String?: Reflector] = [:]
  private var resolver: Reflector?
  private var scopes: [Scope: Reflector] = [:]
  private var listed: Set<Scope> = []
  private var failures: [Scope: KubernetesFailure] = [:]
  private var pending: Set<String?>
  /// Who waits until the ElastiServices are known, and for how long.
  var waiters: [(until: Duration, completion: () -> Void)] = []

  private struct Scope: Hashable {
    var resource: APIResource
    /// Nil for all.
    var namespace: String?
  }

  /// Beyond this many, one watch of all namespaces is cheaper.
  static let maximumNamespaces = 50

  init(_ network: ResolverNetwork) throws(EventLoopError) {
    self.network = network
    let namespaces: [String?] =
      network.settings.namespaces.isEmpty ? [nil] : network.settings.namespaces
    pending = Set(namespaces)
    for namespace in namespaces {
      elastiServices[namespace] = try reflector(
        .elastiServices, namespace, selector: network.settings.selector
      ) { [unowned self] in elasti($0, in: namespace) }
    }
    let service = network.settings.resolver
    resolver = try reflector(
      .endpointSlices, service.namespace,
      selector: "\(NetworkObjects.serviceLabel)=\(service.service)"
    ) { [unowned self] in resolverChanged($0) }
  }

  func start() {
    for reflector in elastiServices.values { reflector.start() }
    resolver?.start()
    count()
  }

  func stop() {
    for reflector in elastiServices.values { reflector.stop() }
    resolver?.stop()
    for reflector in scopes.values { reflector.stop() }
    scopes = [:]
    network.metrics.informers.removeAll { _ in true }
    release { _ in true }
  }

  /// Whether it is known which ElastiServices there are.
  var hasListed: Bool { pending.isEmpty }

  /// Whether Services and EndpointSlices of that namespace are known.
  func knows(_ namespace: String?) -> Bool {
    Self.resources.allSatisfy { resource in
      listed.contains(Scope(resource: resource, namespace: namespace))
        || listed.contains(Scope(resource: resource, namespace: nil))
    }
  }

  /// Why they are not known; nil where they soon may be.
  func failure(in namespace: String?) -> KubernetesFailure? {
    for resource in Self.resources {
      let found =
        failures[Scope(resource: resource, namespace: namespace)]
        ?? failures[Scope(resource: resource, namespace: nil)]
      if let found { return found }
    }
    return nil
  }

  /// Whether Services of that namespace are watched.
  func follows(_ namespace: String?) -> Bool {
    scopes[Scope(resource: .services, namespace: namespace)] != nil
      || scopes[Scope(resource: .services, namespace: nil)] != nil
  }

  /// - Parameter namespaces: those that have ElastiServices.
  func follow(_ namespaces: Set<String>) {
    let isWide = network.settings.namespaces.isEmpty && namespaces.count > Self.maximumNamespaces
    let wanted: Set<String?> = isWide ? [nil] : Set(namespaces.map { $0 })
    for (scope, reflector) in scopes where !wanted.contains(scope.namespace) {
      reflector.stop()
      scopes[scope] = nil
      listed.remove(scope)
      failures[scope] = nil
      if !isWide { network.view.clear(scope.resource, in: scope.namespace) }
    }
    for namespace in wanted {
      for resource in Self.resources {
        let scope = Scope(resource: resource, namespace: namespace)
        guard scopes[scope] == nil else { continue }
        do throws(EventLoopError) {
          let reflector = try reflector(resource, namespace, selector: nil) { [unowned self] in
            changed($0, in: scope)
          }
          scopes[scope] = reflector
          reflector.start()
        } catch {
          network.logger.error("no watch", ["problem": .describing(error)])
        }
      }
    }
    count()
  }

  func timePassed(now: Duration) {
    if !waiters.isEmpty { release { $0 <= now } }
  }

  // MARK: Private

  private static let resources = [APIResource.services, .endpointSlices]

  private func reflector(
    _ resource: APIResource, _ namespace: String?, selector: String?,
    onChange: @escaping (Reflector.Change) -> Void
  ) throws(EventLoopError) -> Reflector {
    try Reflector(
      client: network.client,
      kind: GroupVersionKind(apiVersion: resource.apiVersion, kind: resource.kind),
      namespace: namespace,
      settings: Reflector.Settings(silence: network.settings.silence, selector: selector),
      logger: network.logger, onChange: onChange)
  }

  private func release(where isDue: (Duration) -> Bool) {
    let due = waiters.filter { isDue($0.until) }
    waiters.removeAll { isDue($0.until) }
    for waiter in due { waiter.completion() }
  }

  private func count() {
    let metrics = network.metrics
    metrics.informers.removeAll { _ in true }
    let names =
      elastiServices.keys.map { ("ElastiService", $0) }
      + [("EndpointSlice of the resolver", network.settings.resolver.namespace)]
      + scopes.keys.map { ($0.resource.kind, $0.namespace) }
    for (kind, namespace) in names {
      metrics.informers.with(["\(kind) \(namespace ?? "*")"]).set(1)
    }
  }

  private func elasti(_ change: Reflector.Change, in namespace: String?) {
    switch change {
    case .listed(let objects, _):
      let known = Set(objects.map(\.key))
      for key in network.entries.keys.sorted()
      where !known.contains(key) && (namespace == nil || key.namespace == namespace) {
        network.removed(key)
      }
      for object in objects { network.stored(object) }
      settled(namespace)
    case .stored(let object): network.stored(object)
    case .deleted(let object): network.removed(object.key)
    case .absent: settled(namespace)
    case .failed(let failure): if !failure.isTransient { settled(namespace) }
    }
  }

  private func settled(_ namespace: String?) {
    pending.remove(namespace)
    if pending.isEmpty { release { _ in true } }
  }

  private func resolverChanged(_ change: Reflector.Change) {
    let namespace = network.settings.resolver.namespace
    switch change {
    case .listed(let objects, _): network.resolverView.list(objects, .endpointSlices, in: namespace)
    case .stored(let object): network.resolverView.store(object, .endpointSlices)
    case .deleted(let object): network.resolverView.remove(object.key, .endpointSlices)
    case .absent, .failed: break
    }
    network.reconcileAll()
  }

  private func changed(_ change: Reflector.Change, in scope: Scope) {
    switch change {
    case .listed(let objects, _):
      network.view.list(objects, scope.resource, in: scope.namespace)
      listed.insert(scope)
      failures[scope] = nil
      network.reconcileAll(in: scope.namespace)
    case .stored(let object):
      network.view.store(object, scope.resource)
      network.changed(object, scope.resource)
    case .deleted(let object):
      network.view.remove(object.key, scope.resource)
      network.changed(object, scope.resource)
    case .absent: break
    case .failed(let failure):
      guard !failure.isTransient else { return }
      failures[scope] = failure
      network.reconcileAll(in: scope.namespace)
    }
  }
}
