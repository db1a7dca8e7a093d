/// One value of a manifest that is being decoded: the node, which field it is, and where to report
/// what is wrong with it.
///
/// The functions that read it return nil after they have reported an error. As any error makes the
/// file unusable, callers may go on with whatever stands in for the value.
///
/// There are millions of them, of which few are ever reported on: the words for that are found when
/// they are needed.
struct ManifestValue {
  /// What holds it.
  private let parent: ManifestParent
  private let index: Int32
  private let step: Step

  private enum Step {
    case root
    /// The node of the key.
    case field(Int32)
    case item(Int32)
  }

  /// The root of a document.
  init(document: YAMLNode, report: ManifestReport) {
    self.init(document, of: ManifestParent(document.tree, report), .root)
  }

  init(entry: YAMLEntry, of parent: ManifestParent) {
    self.init(entry.value, of: parent, .field(Int32(entry.keyIndex)))
  }

  init(item: YAMLNode, number: Int, of parent: ManifestParent) {
    self.init(item, of: parent, .item(Int32(number)))
  }

  private init(_ node: YAMLNode, of parent: ManifestParent, _ step: Step) {
    self.parent = parent
    self.step = step
    index = Int32(node.index)
  }

  var node: YAMLNode { YAMLNode(parent.tree, at: Int(index)) }

  var report: ManifestReport { parent.report }

  /// `spec.signals[1].leadTime`; empty for the object itself.
  var path: String {
    switch step {
    case .root: return ""
    case .field(let key):
      let tree = parent.tree
      let name = String(decoding: tree.text(of: tree.resolved(Int(key))), as: UTF8.self)
      return parent.place?.path(of: name) ?? name
    case .item(let number): return "\(parent.place?.path ?? "")[\(number)]"
    }
  }

  /// The path of a field of this mapping.
  func path(of field: String) -> String {
    let path = path
    return path.isEmpty ? field : "\(path).\(field)"
  }

  /// Reports an error at this value, with its path in front.
  func error(_ message: @autoclosure () -> String) {
    report.error(located(message()), at: node.position)
  }

  func warning(_ message: @autoclosure () -> String) {
    report.warning(located(message()), at: node.position)
  }

  /// Reports that something else was expected here.
  func error(expected: @autoclosure () -> String, hint: @autoclosure () -> String? = nil) {
    let hint = isTemplate ? "this is a template that was not rendered" : hint()
    error("expected \(expected()), found \(found)\(hint.map { "; \($0)" } ?? "")")
  }

  private var isTemplate: Bool {
    guard node.isScalar else { return false }
    let text = String(decoding: node.bytes, as: UTF8.self)
    return text.contains("{{") || text.hasPrefix("${")
  }

  private func located(_ message: String) -> String {
    let path = path
    return path.isEmpty ? message : "\(path): \(message)"
  }

  /// What stands here, in words.
  var found: String {
    switch node.content {
    case .sequence: return "a list"
    case .mapping: return "a mapping"
    case .scalar(let scalar):
      switch scalar.value {
      case .null: return "nothing"
      case .boolean(let flag): return "\(flag)"
      case .integer, .hugeInteger, .ambiguousInteger, .real, .notFinite:
        return "the number \(printable(scalar.text.unicodeScalars.prefix(60)))"
      case .text(let text): return text.isEmpty ? "an empty text" : "the text \(quoted(text))"
      }
    }
  }
}

/// What holds values: a list or a mapping whose items or fields are being decoded, or the file.
class ManifestParent {
  let tree: YAMLTree
  let report: ManifestReport
  /// The list or mapping itself; nil for the file.
  let place: ManifestValue?

  init(_ value: ManifestValue) {
    place = value
    tree = value.node.tree
    report = value.report
  }

  init(_ tree: YAMLTree, _ report: ManifestReport) {
    place = nil
    self.tree = tree
    self.report = report
  }
}

// MARK: - Lists and mappings

extension ManifestValue {
  /// The items of a list of at most that many, each with its own path.
  func list(atMost limit: Int = .max) -> [ManifestValue]? {
    guard case .sequence(let items) = node.content else {
      let hint: String? =
        switch node.content {
        case .scalar(let scalar) where !node.isNull:
          "write [\(printable(scalar.text.unicodeScalars))]"
        case .mapping(let entries) where entries.contains(where: { _ in true }):
          "put it in [ ], or a dash in front of it"
        case .scalar, .mapping, .sequence: nil
        }
      error(expected: "a list", hint: hint)
      return nil
    }
    guard items.count <= limit else {
      error("expected at most \(limit) items, found \(items.count)")
      return nil
    }
    let parent = ManifestParent(self)
    return items.enumerated().map { ManifestValue(item: $1, number: $0, of: parent) }
  }

  /// The fields of a mapping.
  ///
  /// - Parameter hint: what to write instead of anything else.
  func mapping(hint: @autoclosure () -> String? = nil) -> ManifestFields? {
    guard node.kind == .mapping else {
      error(expected: "a mapping", hint: hint())
      return nil
    }
    return ManifestFields(self)
  }

  /// A mapping of any keys to text.
  func textMapping(
    hint: @autoclosure () -> String? = nil
  ) -> [(name: String, namePosition: SourcePosition, value: ManifestValue)]? {
    guard case .mapping(let entries) = node.content else {
      error(expected: "a mapping", hint: hint())
      return nil
    }
    let parent = ManifestParent(self)
    return entries.map { ($0.key, $0.keyPosition, ManifestValue(entry: $0, of: parent)) }
  }
}
