internal import Kubernetes
internal import Testing

@testable internal import DirectScaling

/// What the Services and EndpointSlices of a namespace say.
struct NetworkViewTests {
  private static func slice(
    _ name: String, of service: String = "web", namespace: String = "default",
    type: String = "IPv4", _ endpoints: [JSONValue]
  ) -> KubernetesObject {
    KubernetesObject([
      "metadata": [
        "name": .string(name), "namespace": .string(namespace),
        "labels": ["kubernetes.io/service-name": .string(service)],
      ],
      "addressType": .string(type), "endpoints": .array(endpoints),
    ])
  }

  private static func endpoint(_ address: String, ready: Bool? = nil) -> JSONValue {
    var endpoint: JSONValue = ["addresses": [.string(address)]]
    if let ready { endpoint.set("conditions", ["ready": .bool(ready)]) }
    return endpoint
  }

  private static let names = ResolverNames(service: "web")

  @Test func `Ready is what the Service's own slices say, and silence is ready`() {
    var view = NetworkView()
    view.store(
      Self.slice(
        "web-1",
        [
          Self.endpoint("10.0.0.1"), Self.endpoint("10.0.0.2", ready: true),
          Self.endpoint("10.0.0.3", ready: false),
        ]), .endpointSlices)
    view.store(Self.slice("web-2", [Self.endpoint("10.0.0.4")]), .endpointSlices)
    view.store(Self.slice("other", of: "other", [Self.endpoint("10.0.0.5")]), .endpointSlices)
    view.store(
      Self.slice("web-1", namespace: "away", [Self.endpoint("10.0.0.6")]), .endpointSlices)
    view.store(Self.slice(Self.names.slice, [Self.endpoint("10.9.0.1")]), .endpointSlices)
    #expect(view.ready(of: Self.names, in: "default") == ["10.0.0.1", "10.0.0.2", "10.0.0.4"])
    #expect(view.slice(Self.names.slice, in: "default") != nil)
    view.remove(ObjectKey(namespace: "default", name: "web-1"), .endpointSlices)
    #expect(view.ready(of: Self.names, in: "default") == ["10.0.0.4"])
  }

  @Test func `A slice that changes its Service leaves the one before`() {
    var view = NetworkView()
    view.store(Self.slice("a", [Self.endpoint("10.0.0.1")]), .endpointSlices)
    view.store(Self.slice("a", of: "other", [Self.endpoint("10.0.0.1")]), .endpointSlices)
    #expect(view.ready(of: Self.names, in: "default").isEmpty)
  }

  @Test func `The resolver's addresses are sorted, of IPv4, and ready where one is`() {
    var view = NetworkView()
    view.store(
      Self.slice(
        "a", [Self.endpoint("10.0.0.2", ready: false), Self.endpoint("10.0.0.1", ready: false)]),
      .endpointSlices)
    view.store(Self.slice("b", type: "IPv6", [Self.endpoint("fd00::1")]), .endpointSlices)
    #expect(view.addresses(of: "web", in: "default") == ["10.0.0.1", "10.0.0.2"])
    view.store(Self.slice("c", [Self.endpoint("10.0.0.3")]), .endpointSlices)
    #expect(view.addresses(of: "web", in: "default") == ["10.0.0.3"])
  }

  @Test func `A list takes the place of what was known of its namespace`() {
    var view = NetworkView()
    let old = KubernetesObject(["metadata": ["name": "old", "namespace": "default"]])
    let away = KubernetesObject(["metadata": ["name": "old", "namespace": "away"]])
    view.list([old, away], .services, in: nil)
    view.list([], .services, in: "default")
    #expect(view.service("old", in: "default") == nil)
    #expect(view.service("old", in: "away") == away)
  }

  @Test func `What belongs to an ElastiService is found until it is gone`() {
    var view = NetworkView()
    let owned: JSONValue = [
      "metadata": [
        "name": "elasti-web-pvt-1", "namespace": "default", "ownerReferences": [["uid": "u-1"]],
      ]
    ]
    view.store(KubernetesObject(owned), .services)
    #expect(
      view.owned(by: "u-1") == [NetworkFacts.Stray(resource: .services, name: "elasti-web-pvt-1")])
    view.clear(.services, in: "default")
    #expect(view.owned(by: "u-1").isEmpty)
  }
}
