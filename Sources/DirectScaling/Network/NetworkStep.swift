internal import Kubernetes
internal import Scaling

/// What is known of one ElastiService, its Services and the slice that leads to the resolver.
struct NetworkFacts {
  var elastiService: KubernetesObject
  var names: ResolverNames
  /// Nil where it does not exist.
  var publicService: KubernetesObject?
  var privateService: KubernetesObject?
  var slice: KubernetesObject?
  /// Another ElastiService, one that exists, which the private Service belongs to.
  var otherOwner: String?
  /// Objects of this ElastiService for a Service that it named before.
  var strays: [Stray] = []
  var resolver: ElastiResolver
  var resolverAddresses: [String]
  /// Whether requests go to the pods.
  var isServing: Bool

  struct Stray: Hashable {
    var resource: APIResource
    var name: String
  }
}

/// The next thing to do so that requests go where they should. Pure.
///
/// There is one step at a time, and the next is found from what is there then: so a step that failed,
/// or that somebody undid, is simply the next one again.
enum NetworkStep: Hashable {
  /// All is as it should be.
  case nothing
  /// Nothing can be done before somebody does something: one sentence.
  case blocked(String)
  case create(JSONValue, APIResource)
  /// A merge patch.
  case patch(JSONValue, APIResource, name: String)
  case delete(APIResource, name: String)

  init(_ facts: NetworkFacts) {
    let names = facts.names
    if facts.elastiService.isBeingDeleted {
      self = Self.farewell(facts, names)
    } else {
      self = Self.upkeep(facts, names)
    }
  }

  /// On deletion the slice goes first, so that no request is led to a resolver that cannot pass it on.
  private static func farewell(_ facts: NetworkFacts, _ names: ResolverNames) -> NetworkStep {
    guard facts.finalizers.contains(NetworkObjects.finalizer) else { return .nothing }
    if facts.otherOwner == nil {
      if facts.slice != nil { return .delete(.endpointSlices, name: names.slice) }
      if facts.privateService != nil { return .delete(.services, name: names.privateService) }
    }
    if let stray = facts.strays.first { return .delete(stray.resource, name: stray.name) }
    return facts.finalizerPatch(facts.finalizers.filter { $0 != NetworkObjects.finalizer })
  }

  private static func upkeep(_ facts: NetworkFacts, _ names: ResolverNames) -> NetworkStep {
    guard facts.finalizers.contains(NetworkObjects.finalizer) else {
      return facts.finalizerPatch(facts.finalizers + [NetworkObjects.finalizer])
    }
    let namespace = facts.elastiService.namespace ?? ""
    if let other = facts.otherOwner {
      return .blocked(
        "the Service \(namespace)/\(names.service) is already served by the ElastiService \(other): "
          + "one ElastiService may name it")
    }
    // Once the pods have the requests, the resolver refuses those that still come to it.
    if facts.isServing, facts.slice != nil { return .delete(.endpointSlices, name: names.slice) }
    if let stray = facts.strays.first { return .delete(stray.resource, name: stray.name) }
    guard let service = facts.publicService else {
      return .blocked("the Service \(namespace)/\(names.service) does not exist")
    }
    if let problem = Self.problem(of: service) {
      return .blocked("the Service \(namespace)/\(names.service) \(problem)")
    }
    let copy = NetworkObjects.privateService(
      of: service, named: names.privateService, owner: facts.elastiService)
    guard let present = facts.privateService else { return .create(copy, .services) }
    guard !NetworkObjects.owners(of: present).isEmpty else {
      return .blocked(
        "the Service \(namespace)/\(names.privateService) exists, and belongs to no ElastiService: "
          + "Headstart would make one of that name")
    }
    if let patch = NetworkObjects.change(of: present, to: copy) {
      return .patch(patch, .services, name: names.privateService)
    }
    return facts.isServing ? .nothing : lead(service, facts, names)
  }

  /// The slice that leads the Service to the resolver.
  private static func lead(
    _ service: KubernetesObject, _ facts: NetworkFacts, _ names: ResolverNames
  ) -> NetworkStep {
    guard !facts.resolverAddresses.isEmpty else {
      return .blocked(
        "the resolver's Service \(facts.resolver.namespace)/\(facts.resolver.service) has no "
          + "addresses, so that nothing holds the requests")
    }
    let slice = NetworkObjects.slice(
      to: facts.resolverAddresses, port: facts.resolver.port, of: service, named: names.slice,
      owner: facts.elastiService)
    guard let present = facts.slice else { return .create(slice, .endpointSlices) }
    guard present.json["addressType"] == slice["addressType"] else {
      return .delete(.endpointSlices, name: names.slice)
    }
    guard let patch = NetworkObjects.sliceChange(of: present, to: slice) else { return .nothing }
    return .patch(patch, .endpointSlices, name: names.slice)
  }

  /// Why no private Service can be made of it; nil where one can.
  private static func problem(of service: KubernetesObject) -> String? {
    let spec = service.json["spec"] ?? [:]
    if spec["type"] == "ExternalName" { return "has the type ExternalName, so that it has no pods" }
    if spec["selector"]?.members.isEmpty ?? true {
      return "has no selector, so that its pods are not known"
    }
    if spec["ports"]?.elements.isEmpty ?? true { return "has no ports" }
    return nil
  }
}

extension NetworkFacts {
  fileprivate var finalizers: [String] {
    (elastiService.metadata["finalizers"]?.elements ?? []).compactMap(\.text)
  }

  /// With the version that was seen: somebody else's finalizer is never lost.
  fileprivate func finalizerPatch(_ finalizers: [String]) -> NetworkStep {
    .patch(
      [
        "metadata": [
          "finalizers": .array(finalizers.map { .string($0) }),
          "resourceVersion": .string(elastiService.resourceVersion),
        ]
      ], .elastiServices, name: elastiService.name)
  }
}
