/// Reads the fields of one mapping, each by its name, and then reports those that no one asked for.
final class ManifestFields: ManifestParent {
  /// The mapping itself, for errors about it as a whole.
  let value: ManifestValue
  private var known: [StaticString] = []
  private var ignored: [StaticString] = []
  private var refused: [StaticString] = []

  override init(_ value: ManifestValue) {
    self.value = value
    super.init(value)
    // As many as most kinds have.
    known.reserveCapacity(12)
  }

  /// A field that may be absent; null counts as absent, as it does for Kubernetes.
  func optional(_ name: StaticString) -> ManifestValue? {
    known.append(name)
    guard let entry = entry(name), !entry.value.isNull else { return nil }
    return ManifestValue(entry: entry, of: self)
  }

  /// The first of some fields that is there, each of which is read elsewhere too.
  func first(_ names: StaticString...) -> ManifestValue? {
    names.lazy.compactMap { self.entry($0) }.first { !$0.value.isNull }
      .map { ManifestValue(entry: $0, of: self) }
  }

  /// Whether a field is there without a value.
  func isEmpty(_ name: StaticString) -> Bool {
    entry(name)?.value.isNull == true
  }

  /// A field that has to be there; reports an error when it is not.
  ///
  /// - Parameter example: a value that is accepted, for those that people look for first.
  func required(_ name: StaticString, example: StaticString? = nil) -> ManifestValue? {
    if let found = optional(name) { return found }
    let position = entry(name)?.keyPosition ?? value.node.position
    let advice = example.map { ", such as \(name): \($0)" } ?? ""
    value.report.error(
      "\(value.path(of: "\(name)")): missing; it is required\(advice)", at: position)
    return nil
  }

  /// Fields that are legal and mean nothing here.
  func ignore(_ names: [StaticString]) {
    ignored = ignored.isEmpty ? names : ignored + names
  }

  /// A field that people try and that is none: says what to write instead.
  func refuse(_ name: StaticString, _ message: String) {
    refused.append(name)
    guard let entry = entry(name) else { return }
    ManifestValue(entry: entry, of: self).error(message)
  }

  /// Reports every field that was neither read, ignored nor refused. To be called last.
  ///
  /// - Parameter elsewhere: says of a field where it belongs, the end of a sentence.
  func reportUnknown(
    as severity: Diagnostic.Severity = .error, elsewhere: ((String) -> String?)? = nil
  ) {
    for entry in YAMLEntries(of: value.node)
    where !isOne(entry, of: known) && !isOne(entry, of: ignored) && !isOne(entry, of: refused) {
      switch severity {
      case .error: value.report.error(unknown(entry.key, elsewhere), at: entry.keyPosition)
      case .warning: value.report.warning(unknown(entry.key, elsewhere), at: entry.keyPosition)
      }
    }
  }

  private func isOne(_ entry: YAMLEntry, of names: [StaticString]) -> Bool {
    names.contains { tree.isText(of: entry.keyIndex, $0) }
  }

  private func entry(_ name: StaticString) -> YAMLEntry? {
    tree.entry(named: name, ofMapping: value.node.index)
  }

  private func unknown(_ key: String, _ elsewhere: ((String) -> String?)?) -> String {
    var known: [String] = []
    // Some are read in two places.
    for name in (self.known + ignored).map({ "\($0)" }) where !known.contains(name) {
      known.append(name)
    }
    let problem = "\(value.path(of: printable(key.unicodeScalars.prefix(60)))): unknown field"
    let isSpelledOtherwise = known.contains { $0.lowercased() == key.lowercased() }
    if !isSpelledOtherwise, let advice = elsewhere?(key) { return "\(problem) here; \(advice)" }
    if let nearest = Suggestion.nearest(to: key, among: known) {
      return "\(problem); did you mean \(nearest)?"
    }
    return "\(problem); known here: \(known.joined(separator: ", "))"
  }
}
