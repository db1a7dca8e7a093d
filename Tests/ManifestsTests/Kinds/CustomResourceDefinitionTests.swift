internal import Foundation
internal import Scaling
internal import Testing

@testable internal import Manifests

/// The schemas in deploy/crds know the same fields as the decoder, mapping by mapping.
struct CustomResourceDefinitionTests {
  struct Definition: Sendable, CustomTestStringConvertible {
    var file: String
    var apiVersion: String
    var kind: String
    /// Fields that the decoder knows only to say why they are wrong.
    var refused: Set<String> = []

    var testDescription: String { kind }
  }

  private static let definitions = [
    Definition(
      file: "scalingpolicies.yaml", apiVersion: "headstart.dev/v1alpha1", kind: "ScalingPolicy"),
    Definition(
      file: "datasources.yaml", apiVersion: "headstart.dev/v1alpha1", kind: "DataSource",
      refused: ["spec.basicAuth.password", "spec.oauth2.clientSecret"]),
    Definition(
      file: "calendars.yaml", apiVersion: "headstart.dev/v1alpha1", kind: "Calendar",
      refused: ["spec.basicAuth.password"]),
    Definition(
      file: "compat/scalingrules.yaml", apiVersion: "easyscale.io/v1", kind: "ScalingRule"),
    Definition(
      file: "compat/elastiservices.yaml", apiVersion: "elasti.truefoundry.com/v1alpha1",
      kind: "ElastiService"),
  ]

  @Test(arguments: definitions)
  func `Every mapping has the fields in the schema that it has in the decoder`(
    definition: Definition
  ) throws {
    let schema = try Self.schema(of: definition)
    let mappings = Self.mappings(of: schema, at: [])
    #expect(mappings.count > 1)
    for mapping in mappings {
      let known = try #require(
        Self.decoderFields(of: mapping.steps, definition),
        "the decoder does not look into \(Self.path(mapping.steps))")
      let refused = known.filter {
        definition.refused.contains("\(Self.path(mapping.steps)).\($0)")
      }
      #expect(
        known.subtracting(refused) == mapping.fields, "in \(Self.path(mapping.steps))")
    }
  }

  @Test(arguments: definitions)
  func `What the schema fills in is what the decoder takes for granted`(definition: Definition)
    throws
  {
    for (steps, value) in Self.defaults(of: try Self.schema(of: definition), at: []) {
      guard steps.first == .key("scaleTargetRef"), case .key(let field)? = steps.last else {
        Issue.record("\(Self.path(steps)) has a default that nothing compares")
        continue
      }
      let without = decode(policy("scaleTargetRef: {name: web}\nsignals: [{forecast: {}}]"))
      let with = decode(
        policy("scaleTargetRef: {name: web, \(field): \(value)}\nsignals: [{forecast: {}}]"))
      #expect(with.lines == [])
      #expect(with.policies == without.policies)
    }
  }

  // MARK: The schema

  private enum Step: Equatable {
    case key(String)
    case item
  }

  private static func schema(of definition: Definition) throws -> YAMLNode {
    let root = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../../deploy/crds").standardizedFileURL
    let bytes = try Data(contentsOf: root.appending(path: definition.file))
    let document = try #require(YAMLStream(Array(bytes), limits: .defaults).documents.first)
    let version = try #require(document["spec"]?["versions"]?.items.first)
    let group = document["spec"]?["group"]?.text ?? ""
    #expect("\(group)/\(version["name"]?.text ?? "")" == definition.apiVersion)
    #expect(document["spec"]?["names"]?["kind"]?.text == definition.kind)
    return try #require(version["schema"]?["openAPIV3Schema"]?["properties"]?["spec"])
  }

  /// Every mapping whose fields the schema lists.
  private static func mappings(
    of schema: YAMLNode, at steps: [Step]
  ) -> [(steps: [Step], fields: Set<String>)] {
    if let items = schema["items"] { return mappings(of: items, at: steps + [.item]) }
    guard let properties = schema["properties"] else { return [] }
    return [(steps, Set(properties.keys))]
      + properties.keys.flatMap { key in
        properties[key].map { mappings(of: $0, at: steps + [.key(key)]) } ?? []
      }
  }

  private static func defaults(
    of schema: YAMLNode, at steps: [Step]
  ) -> [(steps: [Step], value: String)] {
    if let items = schema["items"] { return defaults(of: items, at: steps + [.item]) }
    // A property may be called default itself; the keyword's value is a scalar.
    var found: [(steps: [Step], value: String)] = []
    if let value = schema["default"]?.text { found.append((steps, value)) }
    guard let properties = schema["properties"] else { return found }
    return found
      + properties.keys.flatMap { key in
        properties[key].map { defaults(of: $0, at: steps + [.key(key)]) } ?? []
      }
  }

  // MARK: The decoder

  /// What the decoder says that it knows in a mapping; nil when it does not look into it.
  private static func decoderFields(
    of steps: [Step], _ definition: Definition
  ) -> Set<String>? {
    var spec = #"{"zzzzzzzz": 1}"#
    for step in steps.reversed() {
      switch step {
      case .key(let key): spec = "{\"\(key)\": \(spec)}"
      case .item: spec = "[\(spec)]"
      }
    }
    let file = decode(
      """
      {"apiVersion": "\(definition.apiVersion)", "kind": "\(definition.kind)",
       "metadata": {"name": "x"}, "spec": \(spec)}
      """)
    let start = "\(path(steps)).zzzzzzzz: unknown field; known here: "
    return file.diagnostics.lazy.compactMap { diagnostic in
      diagnostic.message.hasPrefix(start) ? diagnostic.message.dropFirst(start.count) : nil
    }.first.map { Set($0.components(separatedBy: ", ")) }
  }

  private static func path(_ steps: [Step]) -> String {
    steps.reduce("spec") { path, step in
      switch step {
      case .key(let key): "\(path).\(key)"
      case .item: "\(path)[0]"
      }
    }
  }
}

extension YAMLNode {
  fileprivate subscript(key: String) -> YAMLNode? {
    guard case .mapping(let entries) = content else { return nil }
    return entries.first { $0.key == key }?.value
  }

  fileprivate var keys: [String] {
    guard case .mapping(let entries) = content else { return [] }
    return entries.map(\.key)
  }

  fileprivate var items: [YAMLNode] {
    guard case .sequence(let items) = content else { return [] }
    return Array(items)
  }

  fileprivate var text: String? {
    guard case .scalar(let scalar) = content else { return nil }
    return scalar.text
  }
}
