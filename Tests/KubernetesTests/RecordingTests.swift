internal import Foundation
internal import HTTPClient
internal import Testing

@testable internal import Kubernetes

/// The recordings of a real API server, read by what reads it in earnest.
@Suite struct RecordingTests {
  private let checkout = ObjectKey(namespace: "default", name: "checkout")
  private let deployments = APIResource(
    apiVersion: "apps/v1", kind: "Deployment", name: "deployments",
    subresources: ["scale", "status"])

  private func json(_ name: String) throws -> JSONValue {
    try JSONValue(Recording(name).response.body)
  }

  @Test func `discovery finds what has a scale`() throws {
    let found = Discovery.resources(of: try json("api-resources-apps-v1"), apiVersion: "apps/v1")
    #expect(found.first { $0.kind == "Deployment" } == deployments)
    #expect(found.filter(\.hasScale).map(\.name) == ["deployments", "replicasets", "statefulsets"])
    let daemons = try #require(found.first { $0.kind == "DaemonSet" })
    #expect(!daemons.hasScale)
    #expect(daemons.hasStatus)
    #expect(daemons.qualifiedName == "daemonsets.apps")
    #expect(found.first { $0.kind == "ControllerRevision" }?.subresources == [])
  }

  @Test(arguments: [("scale-get", 2), ("scale-patch", 5), ("scale-patch-dryrun", 9)])
  func `a scale says what is wanted and what is there`(name: String, replicas: Int) throws {
    let scale = try Scale.decode(try json(name)).get()
    #expect(scale.target == checkout)
    #expect(scale.specReplicas == replicas)
    #expect(scale.statusReplicas == 0)
    #expect(scale.resourceVersion == (replicas == 2 ? "676" : "677"))
  }

  @Test func `what is no scale is refused`() throws {
    let lease = try json("lease-create")
    #expect(throws: KubernetesFailure.self) { try Scale.decode(lease).get() }
  }

  @Test func `an object keeps its identity`() throws {
    let list = try json("scaledobject-list")
    let objects = list["items"]?.elements.map(KubernetesObject.init) ?? []
    let web = try #require(objects.first { $0.name == "web" })
    #expect(web.key == ObjectKey(namespace: "default", name: "web"))
    #expect(web.reference.description == "ScaledObject default/web")
    #expect(web.apiVersion == "keda.sh/v1alpha1")
    #expect(web.generation == 1)
    #expect(web.json["metadata"]?["managedFields"] == nil)
    let paused = KubernetesObject(try json("scaledobject-pause"))
    #expect(paused.annotation("autoscaling.keda.sh/paused") == "true")
    #expect(paused.annotation("absent") == nil)
  }

  struct Refusal: Sendable {
    let recording: String
    let call: APICall
    let kind: KubernetesFailure.Kind
    let words: [String]
  }

  static let refusals: [Refusal] = {
    let deployments = APIResource(apiVersion: "apps/v1", kind: "Deployment", name: "deployments")
    let policies = APIResource(
      apiVersion: "headstart.dev/v1alpha1", kind: "ScalingPolicy", name: "scalingpolicies")
    func scale(_ verb: APICall.Verb, _ name: String = "checkout") -> APICall {
      APICall(
        verb,
        ResourcePath(deployments, namespace: "default", name: name, subresource: "scale"))
    }
    let leases = ResourcePath(.leases, namespace: "default")
    var lease = leases
    lease.name = "headstart"
    return [
      Refusal(
        recording: "unauthorized", call: APICall(.list, leases), kind: .unauthorized,
        words: ["list leases.coordination.k8s.io", "credentials"]),
      Refusal(
        recording: "forbidden",
        call: APICall(.list, ResourcePath(deployments, namespace: "default")), kind: .forbidden,
        words: ["system:anonymous", "the verb list on deployments", "API group \"apps\""]),
      Refusal(
        recording: "scale-get-404", call: scale(.get, "nope"), kind: .notFound,
        words: ["get deployments.apps/scale default/nope", "\"nope\" not found"]),
      Refusal(
        recording: "unknown-crd-404", call: APICall(.list, ResourcePath(policies, namespace: nil)),
        kind: .unknownResource, words: ["scalingpolicies.headstart.dev", "CRD"]),
      Refusal(
        recording: "lease-create-again-409", call: APICall(.create, leases), kind: .alreadyExists,
        words: ["already exists"]),
      Refusal(
        recording: "lease-put-conflict", call: APICall(.update, lease), kind: .conflict,
        words: ["has been modified"]),
      Refusal(
        recording: "scale-put-conflict", call: scale(.update), kind: .conflict,
        words: ["has been modified"]),
      Refusal(
        recording: "scale-patch-negative", call: scale(.patch), kind: .invalid,
        words: ["spec.replicas", "greater than or equal to 0"]),
    ]
  }()

  @Test(arguments: refusals)
  func `a refusal has its meaning`(refusal: Refusal) throws {
    let failure = KubernetesFailure(try Recording(refusal.recording).response, to: refusal.call)
    #expect(failure.kind == refusal.kind)
    #expect(!failure.isTransient)
    for word in refusal.words { #expect(failure.message.contains(word), "\(failure.message)") }
  }

  @Test(arguments: [
    ("watch-gone", KubernetesFailure.Kind.expired),
    ("watch-deployments-with-bookmark", .serverError),
  ])
  func `an error inside a watch has its meaning`(
    name: String, kind: KubernetesFailure.Kind
  ) throws {
    let call = APICall(.watch, ResourcePath(deployments, namespace: "default"))
    let recording = try Recording(name)
    #expect(recording.response.status == 200)
    // Whole, and one byte at a time.
    for size in [recording.response.body.count, 1] {
      let decoder = WatchDecoder(call)
      var events: [WatchEvent] = []
      for start in stride(from: 0, to: recording.response.body.count, by: size) {
        let end = min(start + size, recording.response.body.count)
        events += decoder.decode(Array(recording.response.body[start..<end]))
      }
      guard case .failed(let failure) = events.first else {
        Issue.record("\(events)")
        continue
      }
      #expect(events.count == 1)
      #expect(failure.kind == kind)
    }
  }

  @Test func `a lease is read and written as it was`() throws {
    let lease = try json("lease-create")
    let record = LeaseRecord(lease["spec"])
    #expect(record.holder == "pod-a")
    #expect(record.duration == .seconds(15))
    #expect(record.transitions == 0)
    #expect(record.json == lease["spec"])
    let sent = try JSONValue(Array(try Recording("lease-create").sent.utf8))
    #expect(record.json == sent["spec"])
  }

  @Test(arguments: ["hpa-list", "scaledobject-list", "deployments-list-page1"])
  func `what a list holds can be written again`(name: String) throws {
    let list = try json(name)
    #expect(try JSONValue(list.bytes) == list)
  }
}
