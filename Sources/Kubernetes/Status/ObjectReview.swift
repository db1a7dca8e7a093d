/// What has become of one custom resource since it was read last.
package struct ObjectReview: Hashable, Sendable {
  package var resource: APIResource
  package var reference: ObjectReference
  /// Which spec this is about.
  package var generation: Int
  /// Why the spec cannot be used, one sentence each; empty when it is.
  package var errors: [String]
  package var warnings: [String]
  /// With errors: an earlier version is in force in its place.
  package var isHeld: Bool
  /// As the API server has it.
  package var status: JSONValue?

  package init(
    resource: APIResource, reference: ObjectReference, generation: Int, errors: [String] = [],
    warnings: [String] = [], isHeld: Bool = false, status: JSONValue? = nil
  ) {
    self.resource = resource
    self.reference = reference
    self.generation = generation
    self.errors = errors
    self.warnings = warnings
    self.isHeld = isHeld
    self.status = status
  }

  package var id: ObjectID {
    ObjectID(kind: reference.kind, namespace: reference.namespace, name: reference.name)
  }

  /// Whether anything of the object is in force.
  var isInForce: Bool { errors.isEmpty || isHeld }
}

/// A custom resource of one of the kinds that are watched.
package struct ObjectID: Hashable, Sendable {
  package var kind: String
  package var namespace: String?
  package var name: String

  package init(kind: String, namespace: String?, name: String) {
    self.kind = kind
    self.namespace = namespace
    self.name = name
  }
}
