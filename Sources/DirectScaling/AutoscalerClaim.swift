internal import Kubernetes
internal import Scaling

/// An autoscaler of somebody else's, and what it scales.
struct AutoscalerClaim: Hashable {
  enum Kind: String, Hashable {
    case scaledObject = "ScaledObject"
    case horizontalPodAutoscaler = "HorizontalPodAutoscaler"
  }

  var kind: Kind
  var name: String
  var target: TargetID
  /// The ScaledObject that KEDA made an HPA for; nil for other HPAs.
  var scaledObject: String?
  /// Of a ScaledObject: both annotations say that it is paused at zero.
  var isPausedAtZero = false

  /// KEDA's annotations: paused, and at how many replicas.
  static let pausedAnnotation = "autoscaling.keda.sh/paused"
  static let pausedReplicasAnnotation = "autoscaling.keda.sh/paused-replicas"

  /// Nil for an object that names no target.
  init?(_ kind: Kind, _ object: KubernetesObject) {
    guard let reference = object.json["spec"]?["scaleTargetRef"],
      let targetName = reference["name"]?.text
    else { return nil }
    self.kind = kind
    name = object.name
    // What KEDA takes for a scaleTargetRef that leaves them out.
    let targetKind = reference["kind"]?.text ?? "Deployment"
    let apiVersion = reference["apiVersion"]?.text.flatMap { $0.isEmpty ? nil : $0 } ?? "apps/v1"
    target = TargetID(
      apiVersion: apiVersion, kind: targetKind.isEmpty ? "Deployment" : targetKind,
      namespace: object.namespace ?? "", name: targetName)
    let owners = object.metadata["ownerReferences"]?.elements ?? []
    scaledObject = owners.first { $0["kind"]?.text == Kind.scaledObject.rawValue }?["name"]?.text
    isPausedAtZero =
      object.annotation(Self.pausedAnnotation) == "true"
      && object.annotation(Self.pausedReplicasAnnotation) == "0"
  }

  /// Whether a policy that names this autoscaler may scale the target beside it.
  func isAgreed(with autoscaler: TargetRules.Autoscaler) -> Bool {
    switch (autoscaler, kind) {
    case (.keda(let agreed), .scaledObject): name == agreed
    case (.keda(let agreed), .horizontalPodAutoscaler): scaledObject == agreed
    case (.hpa(let agreed), .horizontalPodAutoscaler): name == agreed
    case (.hpa, .scaledObject), (.none, _): false
    }
  }
}

/// The autoscalers of one namespace. ScaledObjects come first: of a target with both, the HPA is the
/// ScaledObject's.
struct AutoscalerClaims: Hashable {
  var all: [AutoscalerClaim] = []

  /// Who else scales a target; nil for no one but the autoscaler that is agreed on.
  func owner(of target: TargetID, agreed: TargetRules.Autoscaler) -> String? {
    all.first { $0.target == target && !$0.isAgreed(with: agreed) }
      .map { "\($0.kind.rawValue) \(target.namespace)/\($0.name)" }
  }

  /// Whether the ScaledObject that is agreed on is paused at zero; nil where there is none.
  func isPaused(_ agreed: TargetRules.Autoscaler) -> Bool? {
    guard case .keda(let name) = agreed else { return nil }
    return all.first { $0.kind == .scaledObject && $0.name == name }?.isPausedAtZero
  }
}
