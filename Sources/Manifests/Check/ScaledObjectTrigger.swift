package import Scaling

/// A trigger of a ScaledObject that asks Headstart, as far as it is written down.
package struct ScaledObjectTrigger: Sendable {
  package var namespace: String
  package var name: String
  package var metadata: [String: String]

  /// What is wrong with one, given what the files define: one sentence; nil for nothing.
  package typealias Problem = (ScaledObjectTrigger, Catalog) -> String?
}
