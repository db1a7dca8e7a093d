/// The documents of one text, as they are written: every value in one array, a collection before
/// what it holds, and the texts of all scalars one after the other.
///
/// A tree of objects, each with an array and strings of its own, took three times as long to build
/// as libyaml took to find them.
///
/// A class, because every value that is looked at refers to it; nothing changes it.
final class YAMLTree: Sendable {
  let nodes: [Node]
  let bytes: [UInt8]

  init(nodes: [Node], bytes: [UInt8]) {
    self.nodes = nodes
    self.bytes = bytes
  }

  /// One value, key, or use of an alias.
  struct Node: Sendable {
    var position: SourcePosition
    var kind: Kind
    /// Of a scalar where its text starts; of an alias the node that it stands for.
    var start: UInt32 = 0
    /// Of a scalar how many bytes its text has; of a collection how many items or keys it holds.
    var count: UInt32 = 0
    /// The index after the last node that lies in this one.
    var end: UInt32
  }

  enum Kind: UInt8, Sendable {
    /// A scalar that is neither quoted, nor a block, nor tagged as a string.
    case plain
    case quoted
    case sequence
    /// Keys and values in turn.
    case mapping
    /// Stands for another node of the tree, which is none itself.
    case alias
    /// A `<<` and its value are no entry; the entries that they bring in follow at the
    /// end of the mapping.
    case mergeKey
  }

  /// What a node stands for: itself, unless it is an alias.
  func resolved(_ index: Int) -> Int {
    nodes[index].kind == .alias ? Int(nodes[index].start) : index
  }

  /// The index after the last node that lies in this one.
  func end(of index: Int) -> Int { Int(nodes[index].end) }

  /// Whether the text of a scalar, or of an alias to one, is this one.
  ///
  /// Compares bytes: to make a string of every key only to compare it would be a quarter of all the
  /// work of decoding.
  func isText(of index: Int, _ text: StaticString) -> Bool {
    let node = nodes[resolved(index)]
    guard Int(node.count) == text.utf8CodeUnitCount else { return false }
    return text.withUTF8Buffer { wanted in
      for (offset, byte) in wanted.enumerated() where bytes[Int(node.start) + offset] != byte {
        return false
      }
      return true
    }
  }

  /// The entry of that key; nil where the mapping has none.
  func entry(named name: StaticString, ofMapping mapping: Int) -> YAMLEntry? {
    var key = mapping + 1
    let end = Int(nodes[mapping].end)
    while key < end {
      // A key is one node.
      if isText(of: key, name), nodes[key].kind != .mergeKey {
        return YAMLEntry(tree: self, keyIndex: key)
      }
      key = Int(nodes[key + 1].end)
    }
    return nil
  }

  /// The text of a scalar.
  func text(of index: Int) -> ArraySlice<UInt8> {
    let node = nodes[index]
    return bytes[Int(node.start)..<Int(node.start + node.count)]
  }
}
