/// A kind of manifest that is also a custom resource.
package struct ResourceKind: Hashable, Sendable {
  /// `group/version`.
  package var apiVersion: String
  package var kind: String

  /// Every kind that this version reads.
  package static var all: [ResourceKind] {
    ManifestKinds.supported.map { ResourceKind(apiVersion: $0.apiVersion, kind: $0.kind) }
  }
}
