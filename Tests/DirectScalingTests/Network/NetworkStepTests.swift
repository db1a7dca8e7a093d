internal import Kubernetes
internal import Scaling
internal import Testing

@testable internal import DirectScaling

/// What has to be there so that requests for a workload at zero reach the resolver.
struct NetworkStepTests {
  private static let names = ResolverNames(service: "web")

  private static func elastiService(
    finalizers: [String] = [NetworkObjects.finalizer], isBeingDeleted: Bool = false
  ) -> KubernetesObject {
    var metadata: JSONValue = [
      "name": "shop", "namespace": "default", "uid": "u-1", "resourceVersion": "7",
      "finalizers": .array(finalizers.map { .string($0) }),
    ]
    if isBeingDeleted { metadata.set("deletionTimestamp", "2026-11-29T00:00:00Z") }
    return KubernetesObject(["metadata": metadata, "spec": ["service": "web"]])
  }

  private static func service(_ spec: JSONValue? = nil) -> KubernetesObject {
    KubernetesObject([
      "metadata": [
        "name": "web", "namespace": "default", "uid": "u-2", "resourceVersion": "9",
        "labels": ["team": "shop"],
        "annotations": ["kubectl.kubernetes.io/last-applied-configuration": "{}"],
      ],
      "spec": spec ?? [
        "type": "LoadBalancer", "clusterIP": "10.0.0.7", "clusterIPs": ["10.0.0.7"],
        "selector": ["app": "web"], "sessionAffinity": "None", "healthCheckNodePort": 31000,
        "ports": [["name": "http", "port": 80, "targetPort": 8080, "nodePort": 30080]],
      ],
    ])
  }

  private static func facts(
    isServing: Bool = false, _ change: (inout NetworkFacts) -> Void = { _ in }
  ) -> NetworkFacts {
    var facts = NetworkFacts(
      elastiService: elastiService(), names: names, publicService: service(),
      resolver: ElastiResolver(namespace: "elasti", service: "resolver", port: 8012),
      resolverAddresses: ["10.1.0.1", "10.1.0.2"], isServing: isServing)
    change(&facts)
    return facts
  }

  /// With all that its steps make, one after the other.
  private static func settled(isServing: Bool = false) throws -> NetworkFacts {
    var facts = facts(isServing: isServing)
    for _ in 0..<3 {
      guard case .create(let object, let resource) = NetworkStep(facts) else { break }
      if resource == .services {
        facts.privateService = KubernetesObject(object)
      } else {
        facts.slice = KubernetesObject(object)
      }
    }
    try #require(NetworkStep(facts) == .nothing)
    return facts
  }

  @Test func `The names are those that the resolver computes`() {
    // printf %s web | sha256sum | cut -c 1-10
    #expect(Self.names.privateService == "elasti-web-pvt-\(Self.hash)")
    #expect(Self.names.slice == "elasti-web-endpointslice-to-resolver-\(Self.hash)")
  }

  private static let hash = "4b5e57f6eb"

  @Test func `First comes the finalizer, beside those of others`() {
    let facts = Self.facts { $0.elastiService = Self.elastiService(finalizers: ["other/one"]) }
    #expect(
      NetworkStep(facts)
        == .patch(
          [
            "metadata": [
              "finalizers": ["other/one", "elasti.truefoundry.com/finalizer"],
              "resourceVersion": "7",
            ]
          ], .elastiServices, name: "shop"))
  }

  @Test func `The private Service is a copy without what is the public one's own`() {
    guard case .create(let object, .services) = NetworkStep(Self.facts(isServing: true)) else {
      Issue.record("no Service is made")
      return
    }
    #expect(
      object == [
        "apiVersion": "v1", "kind": "Service",
        "metadata": [
          "name": .string(Self.names.privateService), "namespace": "default",
          "labels": ["team": "shop"],
          "ownerReferences": [
            [
              "apiVersion": "elasti.truefoundry.com/v1alpha1", "kind": "ElastiService",
              "name": "shop", "uid": "u-1", "controller": true,
            ]
          ],
        ],
        "spec": [
          "type": "ClusterIP", "selector": ["app": "web"], "sessionAffinity": "None",
          "ports": [["name": "http", "port": 80, "targetPort": 8080]],
        ],
      ])
  }

  @Test func `Without a ready pod the Service leads to every address of the resolver`() throws {
    let slice = try #require(try Self.settled().slice)
    #expect(slice.name == Self.names.slice)
    #expect(slice.metadata["labels"] == ["kubernetes.io/service-name": "web"])
    #expect(slice.json["addressType"] == "IPv4")
    #expect(slice.json["ports"] == [["name": "http", "protocol": "TCP", "port": 8012]])
    #expect(
      slice.json["endpoints"] == [["addresses": ["10.1.0.1"]], ["addresses": ["10.1.0.2"]]])
  }

  @Test func `With a ready pod there is no slice, and the private Service stays`() throws {
    var facts = try Self.settled()
    facts.isServing = true
    #expect(NetworkStep(facts) == .delete(.endpointSlices, name: Self.names.slice))
    facts.slice = nil
    #expect(NetworkStep(facts) == .nothing)
  }

  @Test func `Changes of selector and ports are copied`() throws {
    var facts = try Self.settled()
    facts.publicService = Self.service([
      "selector": ["tier": "front"], "ports": [["port": 81, "nodePort": 30081]],
    ])
    #expect(
      NetworkStep(facts)
        == .patch(
          ["spec": ["selector": ["app": nil, "tier": "front"], "ports": [["port": 81]]]],
          .services, name: Self.names.privateService))
  }

  @Test func `The order of members makes no difference`() throws {
    var facts = try Self.settled()
    facts.publicService = Self.service([
      "selector": ["app": "web"], "ports": [["targetPort": 8080, "port": 80, "name": "http"]],
    ])
    #expect(NetworkStep(facts) == .nothing)
  }

  @Test func `Changes of the resolver are copied`() throws {
    var facts = try Self.settled()
    facts.resolverAddresses = ["10.1.0.3"]
    #expect(
      NetworkStep(facts)
        == .patch(
          ["endpoints": [["addresses": ["10.1.0.3"]]]], .endpointSlices, name: Self.names.slice))
  }

  @Test func `A slice of another address type is made again`() throws {
    var facts = try Self.settled()
    facts.slice?.json.set("addressType", "IPv6")
    #expect(NetworkStep(facts) == .delete(.endpointSlices, name: Self.names.slice))
  }

  @Test func `Objects of an ElastiService that was deleted and made again change hands`() throws {
    var facts = try Self.settled()
    facts.elastiService.json.set(
      "metadata",
      [
        "name": "shop", "namespace": "default", "uid": "u-9",
        "finalizers": [.string(NetworkObjects.finalizer)],
      ])
    guard case .patch(let patch, .services, _) = NetworkStep(facts) else {
      Issue.record("the Service keeps an owner that is gone")
      return
    }
    #expect(patch["metadata"]?["ownerReferences"]?.elements.first?["uid"] == "u-9")
  }

  @Test func `On deletion slice, Service and finalizer go in that order`() throws {
    var facts = try Self.settled()
    facts.elastiService = Self.elastiService(
      finalizers: ["other/one", NetworkObjects.finalizer], isBeingDeleted: true)
    #expect(NetworkStep(facts) == .delete(.endpointSlices, name: Self.names.slice))
    facts.slice = nil
    #expect(NetworkStep(facts) == .delete(.services, name: Self.names.privateService))
    facts.privateService = nil
    #expect(
      NetworkStep(facts)
        == .patch(
          ["metadata": ["finalizers": ["other/one"], "resourceVersion": "7"]], .elastiServices,
          name: "shop"))
    facts.elastiService = Self.elastiService(finalizers: ["other/one"], isBeingDeleted: true)
    #expect(NetworkStep(facts) == .nothing)
  }

  @Test func `What belongs to another ElastiService is neither changed nor deleted`() throws {
    var facts = try Self.settled()
    facts.otherOwner = "first"
    #expect(
      NetworkStep(facts)
        == .blocked(
          "the Service default/web is already served by the ElastiService first: one ElastiService "
            + "may name it"))
    facts.elastiService = Self.elastiService(isBeingDeleted: true)
    guard case .patch(_, .elastiServices, _) = NetworkStep(facts) else {
      Issue.record("something of another one is deleted")
      return
    }
  }

  @Test func `Objects for a Service that was named before are deleted`() throws {
    var facts = try Self.settled()
    facts.strays = [NetworkFacts.Stray(resource: .services, name: "elasti-old-pvt-1")]
    #expect(NetworkStep(facts) == .delete(.services, name: "elasti-old-pvt-1"))
  }

  @Test(arguments: [
    (
      ["type": "ExternalName", "externalName": "a.b"] as JSONValue,
      "the Service default/web has the type ExternalName, so that it has no pods"
    ),
    (
      ["ports": [["port": 80]]] as JSONValue,
      "the Service default/web has no selector, so that its pods are not known"
    ),
    (["selector": ["app": "web"]] as JSONValue, "the Service default/web has no ports"),
  ])
  func `A Service that cannot be copied is named`(spec: JSONValue, sentence: String) {
    let facts = Self.facts { $0.publicService = Self.service(spec) }
    #expect(NetworkStep(facts) == .blocked(sentence))
  }

  @Test func `A Service that does not exist is named`() {
    let facts = Self.facts { $0.publicService = nil }
    #expect(NetworkStep(facts) == .blocked("the Service default/web does not exist"))
  }

  @Test func `A resolver without addresses is named, where it is needed`() throws {
    var facts = try Self.settled(isServing: true)
    facts.resolverAddresses = []
    #expect(NetworkStep(facts) == .nothing)
    facts.isServing = false
    #expect(
      NetworkStep(facts)
        == .blocked(
          "the resolver's Service elasti/resolver has no addresses, so that nothing holds the "
            + "requests"))
  }

  @Test func `A Service that somebody else made under that name is left alone`() throws {
    var facts = try Self.settled(isServing: true)
    facts.privateService?.json.set("metadata", ["name": .string(Self.names.privateService)])
    guard case .blocked(let sentence) = NetworkStep(facts) else {
      Issue.record("it is changed")
      return
    }
    #expect(sentence.contains("belongs to no ElastiService"))
  }
}
