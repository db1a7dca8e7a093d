internal import Kubernetes
internal import Scaling

/// Who else writes the replicas of a target that is set back again and again, as far as the API server
/// says: the managers of `spec.replicas` in the object's `managedFields`. The scale subresource has none.
enum OtherWriter: Hashable {
  case named([String])
  /// Why it is not known, one sentence.
  case unknown(String)

  /// More names say no more.
  private static let mostNames = 3

  init(_ result: Result<KubernetesObject, KubernetesFailure>) {
    switch result {
    case .failure(let failure): self = .unknown(failure.message)
    case .success(let object):
      let names = Set(object.managers(of: ["spec", "replicas"]))
        .subtracting([APICall.Defaults.fieldManager]).sorted()
      self =
        names.isEmpty
        ? .unknown("managedFields of the object name no other manager of spec.replicas")
        : .named(Array(names.prefix(Self.mostNames)))
    }
  }

  /// What is going on, and the way out. Says no counts, so that equal ones can be counted together.
  func sentence(of target: TargetID) -> String {
    let field = "spec.replicas of \(target) is set back again and again by"
    let advice =
      "leave replicas out of the manifest that it applies, or have it ignore that field; or take "
      + "the target out of the policy"
    return switch self {
    case .named(let names): "\(field) \(names.joined(separator: ", ")): \(advice)"
    case .unknown(let why):
      "\(field) somebody else: \(advice) (who it is is not known: \(why))"
    }
  }
}
