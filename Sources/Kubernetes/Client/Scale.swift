internal import HTTPClient

/// The scale subresource of an object (`autoscaling/v1` Scale): how many replicas it has and should
/// have, whatever its kind.
package struct Scale: Hashable, Sendable {
  package var target: ObjectKey
  /// What is asked for.
  package var specReplicas: Int
  /// What is there.
  package var statusReplicas: Int
  package var resourceVersion: String
  /// Of the object that has the scale.
  package var uid: String

  package init(
    target: ObjectKey, specReplicas: Int, statusReplicas: Int, resourceVersion: String,
    uid: String = ""
  ) {
    self.target = target
    self.specReplicas = specReplicas
    self.statusReplicas = statusReplicas
    self.resourceVersion = resourceVersion
    self.uid = uid
  }

  static func decode(_ json: JSONValue) -> Result<Scale, KubernetesFailure> {
    let object = KubernetesObject(json)
    guard object.kind == "Scale" else {
      return malformed("the kind \"\(Excerpt.text(of: object.kind, length: 60))\"")
    }
    guard !object.name.isEmpty else { return malformed("one without a name") }
    // Zero is left out of the JSON.
    return .success(
      Scale(
        target: object.key, specReplicas: json["spec"]?["replicas"]?.integer ?? 0,
        statusReplicas: json["status"]?["replicas"]?.integer ?? 0,
        resourceVersion: object.resourceVersion, uid: object.uid))
  }

  private static func malformed(_ found: String) -> Result<Scale, KubernetesFailure> {
    .failure(
      KubernetesFailure(
        kind: .malformed, message: "expected a Scale from the API server, found \(found)"))
  }
}
