internal import TestKit
internal import Testing

@testable internal import Manifests

struct ScaledObjectReviewTests {
  private let temporary: TemporaryFolder

  init() throws {
    temporary = try TemporaryFolder()
  }

  private func scaledObject(_ spec: String, trigger: String = "") -> String {
    """
    apiVersion: keda.sh/v1alpha1
    kind: ScaledObject
    metadata: {name: x}
    spec:
      scaleTargetRef: {name: web}
      \(spec)
      triggers:
        - type: external-push
          \(trigger)
          metadata: {scalerAddress: headstart-headless.headstart.svc:50051}
    """
  }

  private func findings(_ object: String, policy spec: String = "") throws -> [String] {
    try temporary.write("p.yaml", policy("\(spec)\nsignals: [{forecast: {}}]"))
    try temporary.write("s.yaml", object)
    return check([temporary.path("p.yaml"), temporary.path("s.yaml")]).diagnostics
      .map(\.description)
  }

  private static let sound =
    "advanced: {horizontalPodAutoscalerConfig: {behavior: {scaleUp: {tolerance: 0}, "
    + "scaleDown: {tolerance: 0}}}}"

  @Test func `A sound ScaledObject has no findings, and is not passed over`() throws {
    #expect(try findings(scaledObject(Self.sound)) == [])
  }

  @Test(arguments: [
    ("", "", "behavior.scaleUp.tolerance: 0"), ("", "", "behavior.scaleDown.tolerance: 0"),
    ("cooldownPeriod: 5", "", "cooldownPeriod is 5 s and pollingInterval 30 s"),
    ("pollingInterval: 300\n  cooldownPeriod: 900", "", "poll at least four times in a lead time"),
    (
      "fallback: {failureThreshold: 3, replicas: 0}", "",
      "a fallback of 0 takes the workload to zero"
    ),
    ("fallback: {failureThreshold: 3, replicas: 4}", "", "KEDA uses fallback only where"),
    ("maxReplicaCount: 20", "", "maxReplicaCount is 20 and the policy x goes up to 50"),
    (
      "minReplicaCount: 60", "",
      "minReplicaCount is 60, and the policy x never asks for more than 50"
    ),
    ("", "metricType: Value", "error: spec.triggers[0].metricType: expected AverageValue"),
    ("", "useCachedMetrics: true", "KEDA's cache makes"),
  ])
  func `What of a ScaledObject will surprise is said at its place`(
    spec: String, trigger: String, words: String
  ) throws {
    let found = try findings(
      scaledObject(spec, trigger: trigger), policy: "limits: {maxReplicas: 50}")
    #expect(found.contains { $0.contains("s.yaml:") && $0.contains(words) }, "\(found)")
  }

  @Test func `A policy that is named has to be there, and other triggers stand alone`() throws {
    let object = """
      apiVersion: keda.sh/v1alpha1
      kind: ScaledObject
      metadata: {name: web}
      spec:
        scaleTargetRef: {name: web}
        \(Self.sound)
        triggers:
          - type: external
            metadata: {scalerAddress: "h:50051", policy: y}
          - type: cpu
            metadata: {value: "80"}
      """
    let found = try findings(object)
    #expect(found.contains { $0.contains("error: ") && $0.contains("there is no policy \"y\"") })
    #expect(found.contains { $0.contains("a second trigger beside Headstart's") })
    let others = object.replacing("policy: y", with: "topic: y")
    #expect(try findings(others) == [])
  }
}
