internal import HTTPClient

/// An object of the API, of any kind.
package struct KubernetesObject: Hashable, Sendable {
  package var json: JSONValue

  package init(_ json: JSONValue) {
    self.json = json
  }

  /// Such as `apps/v1`; empty where an item of a list does not say it.
  package var apiVersion: String { json["apiVersion"]?.text ?? "" }
  package var kind: String { json["kind"]?.text ?? "" }
  package var metadata: JSONValue { json["metadata"] ?? [:] }
  package var name: String { metadata["name"]?.text ?? "" }
  /// Nil for an object of the cluster.
  package var namespace: String? { metadata["namespace"]?.text }
  package var uid: String { metadata["uid"]?.text ?? "" }
  /// Opaque: compared for equality, never for order.
  package var resourceVersion: String { metadata["resourceVersion"]?.text ?? "" }
  /// Counts changes of the spec, from 1.
  package var generation: Int { metadata["generation"]?.integer ?? 0 }
  package var annotations: [JSONValue.Member] { metadata["annotations"]?.members ?? [] }
  package var isBeingDeleted: Bool { metadata["deletionTimestamp"] != nil }

  package func annotation(_ key: String) -> String? {
    metadata["annotations"]?[key]?.text
  }

  /// Who has set the field, by `metadata.managedFields`, as they may be shown; none where these were not
  /// asked for.
  ///
  /// - Parameter path: The names from the object's root, such as `spec` and `replicas`.
  package func managers(of path: [String]) -> [String] {
    (metadata["managedFields"]?.elements ?? []).compactMap { entry in
      var fields = entry["fieldsV1"]
      for name in path { fields = fields?["f:\(name)"] }
      guard fields != nil, let manager = entry["manager"]?.text else { return nil }
      // Kubernetes allows 128 bytes.
      return Excerpt.text(of: manager, length: 128)
    }
  }

  package var key: ObjectKey { ObjectKey(namespace: namespace, name: name) }

  /// What an event or an error names.
  package var reference: ObjectReference {
    ObjectReference(
      apiVersion: apiVersion, kind: kind, namespace: namespace, name: name, uid: uid,
      resourceVersion: resourceVersion)
  }
}

/// An object among those of its kind.
package struct ObjectKey: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// Nil for an object of the cluster.
  package var namespace: String?
  package var name: String

  package init(namespace: String?, name: String) {
    self.namespace = namespace
    self.name = name
  }

  package static func < (left: ObjectKey, right: ObjectKey) -> Bool {
    (left.namespace ?? "", left.name) < (right.namespace ?? "", right.name)
  }

  package var description: String {
    namespace.map { "\($0)/\(name)" } ?? name
  }
}

/// An object as others name it (Kubernetes: ObjectReference).
package struct ObjectReference: Hashable, Sendable, CustomStringConvertible {
  package var apiVersion: String
  package var kind: String
  package var namespace: String?
  package var name: String
  /// Empty where it is not known.
  package var uid: String
  package var resourceVersion: String

  package init(
    apiVersion: String, kind: String, namespace: String?, name: String, uid: String = "",
    resourceVersion: String = ""
  ) {
    self.apiVersion = apiVersion
    self.kind = kind
    self.namespace = namespace
    self.name = name
    self.uid = uid
    self.resourceVersion = resourceVersion
  }

  package var json: JSONValue {
    var json: JSONValue = ["apiVersion": .string(apiVersion), "kind": .string(kind)]
    json.set("namespace", namespace.map { .string($0) })
    json.set("name", .string(name))
    json.set("uid", uid.isEmpty ? nil : .string(uid))
    json.set("resourceVersion", resourceVersion.isEmpty ? nil : .string(resourceVersion))
    return json
  }

  package var description: String {
    "\(kind) \(namespace.map { "\($0)/" } ?? "")\(name)"
  }
}
