internal import Kubernetes
internal import Scaling

/// What the objects of KubeElasti's network look like. Pure.
enum NetworkObjects {
  /// What says on an EndpointSlice which Service it belongs to.
  static let serviceLabel = "kubernetes.io/service-name"
  static let finalizer = "elasti.truefoundry.com/finalizer"

  /// What of a Service is its own: addresses and ports of nodes that the API server gave it, and
  /// what leads from outside of the cluster to it.
  private static let ownFields: Set<String> = [
    "clusterIP", "clusterIPs", "externalIPs", "healthCheckNodePort", "loadBalancerIP",
    "loadBalancerClass", "loadBalancerSourceRanges", "allocateLoadBalancerNodePorts",
    "externalTrafficPolicy", "externalName",
  ]
  private static let lastApplied = "kubectl.kubernetes.io/last-applied-configuration"

  /// A copy of the public Service, for the resolver alone.
  ///
  /// - Parameter owner: the ElastiService, with which it goes.
  static func privateService(
    of service: KubernetesObject, named name: String, owner: KubernetesObject
  ) -> JSONValue {
    var metadata: JSONValue = ["name": .string(name)]
    metadata.set("namespace", service.namespace.map { .string($0) })
    metadata.set("labels", service.metadata["labels"])
    let annotations = service.annotations.filter { $0.key != lastApplied }
    metadata.set("annotations", annotations.isEmpty ? nil : .object(annotations))
    metadata.set("ownerReferences", [reference(to: owner)])
    var spec = JSONValue.object(
      (service.json["spec"]?.members ?? []).filter { !ownFields.contains($0.key) })
    spec.set("type", "ClusterIP")
    spec.set("ports", ports(of: service))
    return ["apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec]
  }

  /// What follows the public Service: selector and ports, and the owner. Nil where all is right.
  static func change(
    of present: KubernetesObject, to desired: JSONValue
  ) -> JSONValue? {
    let wanted = desired["spec"] ?? [:]
    var spec: JSONValue = [:]
    let selector = present.json["spec"]?["selector"] ?? [:]
    if let patch = mergePatch(from: selector, to: wanted["selector"] ?? [:]) {
      spec.set("selector", patch)
    }
    if ports(of: present).sorted != wanted["ports"]?.sorted {
      spec.set("ports", wanted["ports"])
    }
    var patch: JSONValue = [:]
    if spec != [:] { patch.set("spec", spec) }
    if let owners = ownerChange(of: present, desired) { patch.set("metadata", owners) }
    return patch.unlessEmpty
  }

  /// Leads the public Service to the resolver. As in KubeElasti it has one port, named as the
  /// Service's first one.
  static func slice(
    to addresses: [String], port: Int, of service: KubernetesObject, named name: String,
    owner: KubernetesObject
  ) -> JSONValue {
    var metadata: JSONValue = ["name": .string(name)]
    metadata.set("namespace", service.namespace.map { .string($0) })
    metadata.set("labels", [serviceLabel: .string(service.name)])
    metadata.set("ownerReferences", [reference(to: owner)])
    let portName = service.json["spec"]?["ports"]?.elements.first?["name"]?.text ?? ""
    return [
      "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": metadata,
      "addressType": "IPv4",
      "ports": [["name": .string(portName), "protocol": "TCP", "port": .integer(port)]],
      "endpoints": .array(addresses.map { ["addresses": [.string($0)]] }),
    ]
  }

  /// Nil where all is right. `addressType` cannot be changed.
  static func sliceChange(
    of present: KubernetesObject, to desired: JSONValue
  ) -> JSONValue? {
    var patch: JSONValue = [:]
    let ports = (present.json["ports"]?.elements ?? []).map { port -> JSONValue in
      [
        "name": port["name"] ?? "", "protocol": port["protocol"] ?? "TCP",
        "port": port["port"] ?? .null,
      ]
    }
    if .array(ports) != desired["ports"] { patch.set("ports", desired["ports"]) }
    let addresses = present.json["endpoints"]?.elements.map { $0["addresses"] ?? [] }
    if addresses != desired["endpoints"]?.elements.map({ $0["addresses"] ?? [] }) {
      patch.set("endpoints", desired["endpoints"])
    }
    var metadata = ownerChange(of: present, desired) ?? [:]
    let label = desired["metadata"]?["labels"]?[serviceLabel]
    if present.metadata["labels"]?[serviceLabel] != label {
      metadata.set("labels", [serviceLabel: label ?? .null])
    }
    if metadata != [:] { patch.set("metadata", metadata) }
    return patch.unlessEmpty
  }

  /// The identities of the objects with which this one goes.
  static func owners(of object: KubernetesObject) -> [String] {
    (object.metadata["ownerReferences"]?.elements ?? []).compactMap { $0["uid"]?.text }
  }

  // MARK: Private

  private static func reference(to owner: KubernetesObject) -> JSONValue {
    [
      "apiVersion": .string(APIResource.elastiServices.apiVersion),
      "kind": .string(APIResource.elastiServices.kind), "name": .string(owner.name),
      "uid": .string(owner.uid), "controller": true,
    ]
  }

  private static func ownerChange(
    of present: KubernetesObject, _ desired: JSONValue
  ) -> JSONValue? {
    let wanted = desired["metadata"]?["ownerReferences"]
    let uid = wanted?.elements.first?["uid"]?.text
    guard let uid, !owners(of: present).contains(uid) else { return nil }
    return ["ownerReferences": wanted ?? []]
  }

  private static func ports(of service: KubernetesObject) -> JSONValue {
    .array(
      (service.json["spec"]?["ports"]?.elements ?? []).map { port in
        .object(port.members.filter { $0.key != "nodePort" })
      })
  }

  /// What makes one object of texts another one (RFC 7386); nil where they are the same.
  private static func mergePatch(from old: JSONValue, to new: JSONValue) -> JSONValue? {
    var patch: JSONValue = [:]
    for member in old.members where new[member.key] == nil { patch.set(member.key, .null) }
    for member in new.members where old[member.key] != member.value {
      patch.set(member.key, member.value)
    }
    return patch.unlessEmpty
  }
}

extension JSONValue {
  /// Nil for an object without members. (`condition ? nil : value` would be `null`, which a literal
  /// of this type may be.)
  fileprivate var unlessEmpty: JSONValue? {
    if members.isEmpty { return Optional.none }
    return self
  }

  /// With the members of every object in the order of their names: what is the same is equal then.
  var sorted: JSONValue {
    switch self {
    case .object(let members):
      .object(members.map { Member($0.key, $0.value.sorted) }.sorted { $0.key < $1.key })
    case .array(let elements): .array(elements.map(\.sorted))
    case .null, .bool, .integer, .number, .string: self
    }
  }
}
