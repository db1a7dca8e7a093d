/// One value of a manifest that is being decoded: the node, which field it is, and where to report
/// what is wrong with it.
///
/// The functions that read it return nil after they have reported an error. As any error makes the
/// file unusable, callers may go on with whatever stands in for the value.
struct ManifestValue {
  let node: YAMLNode
  /// `spec.signals[1].leadTime`; empty for the object itself.
  let path: String
  let report: ManifestReport

  /// Reports an error at this value, with its path in front.
  func error(_ message: @autoclosure () -> String) {
    report.error(located(message()), at: node.position)
  }

  func warning(_ message: @autoclosure () -> String) {
    report.warning(located(message()), at: node.position)
  }

  /// Reports that something else was expected here.
  func error(expected: @autoclosure () -> String, hint: @autoclosure () -> String? = nil) {
    error("expected \(expected()), found \(found)\(hint().map { "; \($0)" } ?? "")")
  }

  private func located(_ message: String) -> String {
    path.isEmpty ? message : "\(path): \(message)"
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

// MARK: - Lists and mappings

extension ManifestValue {
  /// The items of a list of at most that many, each with its own path.
  func list(atMost limit: Int = .max) -> [ManifestValue]? {
    guard case .sequence(let items) = node.content else {
      let item: String? =
        if case .scalar(let scalar) = node.content, !node.isNull { scalar.text } else { nil }
      error(expected: "a list", hint: item.map { "write [\(printable($0.unicodeScalars))]" })
      return nil
    }
    guard items.count <= limit else {
      error("expected at most \(limit) items, found \(items.count)")
      return nil
    }
    return items.enumerated().map { index, item in
      ManifestValue(node: item, path: "\(path)[\(index)]", report: report)
    }
  }

  /// The fields of a mapping.
  func mapping() -> ManifestFields? {
    guard case .mapping(let entries) = node.content else {
      error(expected: "a mapping")
      return nil
    }
    return ManifestFields(of: self, entries: entries)
  }

  /// A mapping of any keys to text.
  func textMapping() -> [(name: String, namePosition: SourcePosition, value: ManifestValue)]? {
    guard case .mapping(let entries) = node.content else {
      error(expected: "a mapping")
      return nil
    }
    return entries.map { entry in
      let value = ManifestValue(node: entry.value, path: "\(path).\(entry.key)", report: report)
      return (entry.key, entry.keyPosition, value)
    }
  }
}
