/// Reads the fields of one mapping, each by its name, and then reports those that nobody asked for.
final class ManifestFields {
  /// The mapping itself, for errors about it as a whole.
  let value: ManifestValue
  private let entries: [YAMLEntry]
  private var known: [String] = []

  init(of value: ManifestValue, entries: [YAMLEntry]) {
    self.value = value
    self.entries = entries
  }

  /// A field that may be absent; null counts as absent, as it does for Kubernetes.
  func optional(_ name: String) -> ManifestValue? {
    known.append(name)
    guard let entry = entries.first(where: { $0.key == name }), !entry.value.isNull else {
      return nil
    }
    return ManifestValue(node: entry.value, path: path(of: name), report: value.report)
  }

  /// Whether a field is there without a value.
  func isEmpty(_ name: String) -> Bool {
    entries.contains { $0.key == name && $0.value.isNull }
  }

  /// A field that has to be there; reports an error when it is not.
  func required(_ name: String) -> ManifestValue? {
    if let found = optional(name) { return found }
    let position = entries.first { $0.key == name }?.keyPosition ?? value.node.position
    value.report.error(
      "\(path(of: name)): missing; it is required", at: position)
    return nil
  }

  /// Fields that are legal and mean nothing here.
  func ignore(_ names: [String]) {
    known += names
  }

  /// Reports every field that was neither read nor ignored. To be called last.
  func reportUnknown(as severity: Diagnostic.Severity = .error) {
    for entry in entries where !known.contains(entry.key) {
      switch severity {
      case .error: value.report.error(unknown(entry.key), at: entry.keyPosition)
      case .warning: value.report.warning(unknown(entry.key), at: entry.keyPosition)
      }
    }
  }

  private func unknown(_ key: String) -> String {
    let problem = "\(path(of: printable(key.unicodeScalars.prefix(60)))): unknown field"
    if let nearest = Suggestion.nearest(to: key, among: known) {
      return "\(problem); did you mean \(nearest)?"
    }
    return "\(problem); known here: \(known.joined(separator: ", "))"
  }

  private func path(of name: String) -> String {
    value.path.isEmpty ? name : "\(value.path).\(name)"
  }
}
