internal import Kubernetes
internal import Scaling
internal import Testing

@testable internal import DirectScaling

/// Which autoscalers of others own a target.
struct AutoscalerClaimTests {
  private static let web = TargetID(
    group: "apps", kind: "Deployment", namespace: "default", name: "web")

  private static func object(
    _ name: String, _ spec: String, metadata: String = "{}"
  ) throws -> KubernetesObject {
    let text = "{\"metadata\":{},\"spec\":\(spec)}"
    var json = try JSONValue(Array(text.utf8))
    var merged = try JSONValue(Array(metadata.utf8))
    merged.set("name", .string(name))
    merged.set("namespace", "default")
    json.set("metadata", merged)
    return KubernetesObject(json)
  }

  @Test func `A ScaledObject without kind means a Deployment, as KEDA takes it`() throws {
    let claim = AutoscalerClaim(
      .scaledObject, try Self.object("web", #"{"scaleTargetRef":{"name":"web"}}"#))
    #expect(claim?.target == Self.web)
    #expect(
      AutoscalerClaims(all: [try #require(claim)]).owner(of: Self.web, agreed: .none)
        == "ScaledObject default/web")
  }

  @Test func `What names no target claims none`() throws {
    #expect(AutoscalerClaim(.scaledObject, try Self.object("web", "{}")) == nil)
  }

  @Test(arguments: [
    ("apps/v1beta2", "Deployment", "web", true), ("apps/v1", "StatefulSet", "web", false),
    ("example.com/v1", "Deployment", "web", false), ("apps/v1", "Deployment", "other", false),
  ])
  func `An HPA owns what it names, whatever the version`(
    apiVersion: String, kind: String, name: String, owns: Bool
  ) throws {
    let reference = #"{"apiVersion":"\#(apiVersion)","kind":"\#(kind)","name":"\#(name)"}"#
    let claim = try #require(
      AutoscalerClaim(
        .horizontalPodAutoscaler, try Self.object("h", #"{"scaleTargetRef":\#(reference)}"#)))
    let owner = AutoscalerClaims(all: [claim]).owner(of: Self.web, agreed: .none)
    #expect((owner != nil) == owns)
  }

  @Test func `The autoscaler that the policy names, and KEDA's HPA for it, are no owners`() throws {
    let target = #"{"scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"web"}}"#
    let made = #"{"ownerReferences":[{"kind":"ScaledObject","name":"web"}]}"#
    let claims = AutoscalerClaims(
      all: [
        try #require(AutoscalerClaim(.scaledObject, try Self.object("web", target))),
        try #require(
          AutoscalerClaim(
            .horizontalPodAutoscaler, try Self.object("keda-hpa-web", target, metadata: made))),
      ])
    #expect(claims.owner(of: Self.web, agreed: .keda("web")) == nil)
    #expect(claims.owner(of: Self.web, agreed: .keda("other")) == "ScaledObject default/web")
    #expect(claims.owner(of: Self.web, agreed: .hpa("keda-hpa-web")) == "ScaledObject default/web")
    let hpa = AutoscalerClaims(all: [claims.all[1]])
    #expect(hpa.owner(of: Self.web, agreed: .hpa("keda-hpa-web")) == nil)
    #expect(
      hpa.owner(of: Self.web, agreed: .hpa("other"))
        == "HorizontalPodAutoscaler default/keda-hpa-web")
  }

  @Test(arguments: [
    (#"{"autoscaling.keda.sh/paused":"true","autoscaling.keda.sh/paused-replicas":"0"}"#, true),
    (#"{"autoscaling.keda.sh/paused":"true"}"#, false),
    (#"{"autoscaling.keda.sh/paused-replicas":"0"}"#, false),
    (#"{"autoscaling.keda.sh/paused":"true","autoscaling.keda.sh/paused-replicas":"5"}"#, false),
    ("{}", false),
  ])
  func `Paused at zero takes both annotations`(annotations: String, isPaused: Bool) throws {
    let claim = try #require(
      AutoscalerClaim(
        .scaledObject,
        try Self.object(
          "web", #"{"scaleTargetRef":{"name":"web"}}"#,
          metadata: #"{"annotations":\#(annotations)}"#)))
    let claims = AutoscalerClaims(all: [claim])
    #expect(claims.isPaused(.keda("web")) == isPaused)
    #expect(claims.isPaused(.keda("other")) == nil)
    #expect(claims.isPaused(.none) == nil)
  }
}
