/// Collects the keys and values of one mapping.
struct MappingBuilder {
  private var entries: [YAMLEntry] = []
  private var keys: Set<String> = []
  /// The key whose value comes next.
  private var key: Key?
  /// The values of merge keys (`<<`), in the order of the file.
  private var merges: [(value: YAMLNode, position: SourcePosition)] = []

  private struct Key {
    var text: String
    var position: SourcePosition
    var isMerge: Bool
  }

  /// Takes the next key or value, as they alternate.
  ///
  /// - Parameter position: Where the node is used, which for an alias is not where it was written.
  /// - Throws: A problem for a key that is given twice or is no scalar.
  mutating func received(_ node: YAMLNode, at position: SourcePosition) throws(YAMLProblem) {
    guard let key else {
      self.key = try newKey(node, at: position)
      return
    }
    self.key = nil
    guard !key.isMerge else {
      merges.append((node, position))
      return
    }
    entries.append(YAMLEntry(key: key.text, keyPosition: key.position, value: node))
  }

  /// All entries, those merged in behind the mapping's own. A key of the mapping's own wins over
  /// a merged one, and an earlier merged one over a later.
  ///
  /// - Throws: A problem when a merge key's value is no mapping.
  func merged() throws(YAMLProblem) -> [YAMLEntry] {
    var entries = entries
    var keys = keys
    for (value, position) in merges {
      for source in try sources(of: value, at: position) {
        entries += source.filter { keys.insert($0.key).inserted }
      }
    }
    return entries
  }

  private mutating func newKey(
    _ node: YAMLNode, at position: SourcePosition
  ) throws(YAMLProblem) -> Key {
    guard case .scalar(let scalar) = node.content else {
      throw YAMLProblem(position: position, message: "a key must be text, not a list or a mapping")
    }
    guard keys.insert(scalar.text).inserted else {
      let first = entries.first { $0.key == scalar.text }?.keyPosition.line
      throw YAMLProblem(
        position: position,
        message: "the key \(quoted(scalar.text)) is given twice"
          + (first.map { ", first at line \($0)" } ?? ""))
    }
    return Key(
      text: scalar.text, position: position, isMerge: scalar.isPlain && scalar.text == "<<")
  }

  private func sources(
    of value: YAMLNode, at position: SourcePosition
  ) throws(YAMLProblem) -> [[YAMLEntry]] {
    var sources: [[YAMLEntry]] = []
    let candidates =
      if case .sequence(let items) = value.content { items } else { [value] }
    for candidate in candidates {
      guard case .mapping(let entries) = candidate.content else {
        throw YAMLProblem(
          position: position, message: "the merge key << takes a mapping or a list of mappings")
      }
      sources.append(entries)
    }
    return sources
  }
}
