internal import Kubernetes

/// The Services and EndpointSlices of the namespaces that are watched, as they were heard of last.
/// Pure.
struct NetworkView {
  private var services: [ObjectKey: KubernetesObject] = [:]
  /// By their Service, and then by name.
  private var slices: [ObjectKey: [String: KubernetesObject]] = [:]
  /// Which Service a slice belongs to.
  private var parents: [ObjectKey: ObjectKey] = [:]
  /// Objects with names of this network, by the identity of what they go with.
  private var owned: [String: Set<NetworkFacts.Stray>] = [:]

  func service(_ name: String, in namespace: String?) -> KubernetesObject? {
    services[ObjectKey(namespace: namespace, name: name)]
  }

  func slice(_ name: String, in namespace: String?) -> KubernetesObject? {
    let key = ObjectKey(namespace: namespace, name: name)
    return parents[key].flatMap { slices[$0]?[name] }
  }

  /// The addresses of the pods of a Service that are ready; of its own slices, without the one that
  /// leads to the resolver.
  func ready(of names: ResolverNames, in namespace: String?) -> Set<String> {
    let found = slices[ObjectKey(namespace: namespace, name: names.service)] ?? [:]
    var addresses: Set<String> = []
    for (name, slice) in found where name != names.slice {
      addresses.formUnion(Self.addresses(of: slice, isReady: true))
    }
    return addresses
  }

  /// Where a Service's pods are, in IPv4, sorted: those that are ready, or where none is, all.
  func addresses(of service: String, in namespace: String?) -> [String] {
    let found = (slices[ObjectKey(namespace: namespace, name: service)] ?? [:]).values.filter {
      $0.json["addressType"] == "IPv4"
    }
    let ready = Set(found.flatMap { Self.addresses(of: $0, isReady: true) })
    return (ready.isEmpty ? Set(found.flatMap { Self.addresses(of: $0, isReady: false) }) : ready)
      .sorted()
  }

  /// What of this network belongs to the object of that identity.
  func owned(by uid: String) -> [NetworkFacts.Stray] {
    (owned[uid] ?? []).sorted { ($0.resource.name, $0.name) < ($1.resource.name, $1.name) }
  }

  // MARK: Changes

  mutating func store(_ object: KubernetesObject, _ resource: APIResource) {
    remove(object.key, resource)
    if object.name.hasPrefix(ResolverNames.prefix) {
      for uid in NetworkObjects.owners(of: object) {
        owned[uid, default: []].insert(.init(resource: resource, name: object.name))
      }
    }
    guard resource != .services else {
      services[object.key] = object
      return
    }
    guard let service = object.metadata["labels"]?[NetworkObjects.serviceLabel]?.text else {
      return
    }
    let parent = ObjectKey(namespace: object.namespace, name: service)
    parents[object.key] = parent
    slices[parent, default: [:]][object.name] = object
  }

  mutating func remove(_ key: ObjectKey, _ resource: APIResource) {
    let known: KubernetesObject?
    if resource == .services {
      known = services.removeValue(forKey: key)
    } else {
      guard let parent = parents.removeValue(forKey: key) else { return }
      known = slices[parent]?.removeValue(forKey: key.name)
      if slices[parent]?.isEmpty == true { slices[parent] = nil }
    }
    for uid in known.map(NetworkObjects.owners) ?? [] {
      owned[uid]?.remove(.init(resource: resource, name: key.name))
      if owned[uid]?.isEmpty == true { owned[uid] = nil }
    }
  }

  /// - Parameter namespace: nil for all.
  mutating func list(
    _ objects: [KubernetesObject], _ resource: APIResource, in namespace: String?
  ) {
    clear(resource, in: namespace)
    for object in objects { store(object, resource) }
  }

  mutating func clear(_ resource: APIResource, in namespace: String?) {
    let known = resource == .services ? Array(services.keys) : Array(parents.keys)
    for key in known where namespace == nil || key.namespace == namespace { remove(key, resource) }
  }

  /// An endpoint without the condition is ready (Kubernetes: EndpointConditions).
  private static func addresses(of slice: KubernetesObject, isReady: Bool) -> [String] {
    (slice.json["endpoints"]?.elements ?? []).filter { endpoint in
      !isReady || endpoint["conditions"]?["ready"]?.bool != false
    }.flatMap { ($0["addresses"]?.elements ?? []).compactMap(\.text) }
  }
}
