internal import Scaling

extension ResourceName {
  /// What a call for this policy is answered where there is none.
  var unknownPolicy: String {
    let place = namespace.map { "in namespace \($0)" } ?? "without a namespace"
    return "there is no policy \(name) \(place); /api/v1/policies lists all that are"
  }
}
