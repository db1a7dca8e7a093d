/// A value of a YAML document, with where it was written: a place in a `YAMLTree`.
struct YAMLNode: Sendable {
  let tree: YAMLTree
  /// Never of an alias.
  let index: Int

  /// - Parameter index: Of an alias too, for which the aliased node is taken.
  init(_ tree: YAMLTree, at index: Int) {
    self.tree = tree
    self.index = tree.resolved(index)
  }

  var position: SourcePosition { tree.nodes[index].position }

  var kind: YAMLTree.Kind { tree.nodes[index].kind }

  enum Content {
    case scalar(YAMLScalar)
    case sequence(YAMLItems)
    case mapping(YAMLEntries)
  }

  var content: Content {
    switch kind {
    case .sequence: .sequence(YAMLItems(of: self))
    case .mapping: .mapping(YAMLEntries(of: self))
    case .plain, .quoted, .alias, .mergeKey: .scalar(scalar)
    }
  }

  /// The text of a scalar; empty for a collection.
  var bytes: ArraySlice<UInt8> { isScalar ? tree.text(of: index) : [] }

  var isScalar: Bool { kind == .plain || kind == .quoted }

  /// What a document without content holds, and a key without a value.
  var isNull: Bool { kind == .plain && YAMLScalar.isNull(tree.text(of: index)) }

  private var scalar: YAMLScalar {
    YAMLScalar(text: String(decoding: bytes, as: UTF8.self), isPlain: kind == .plain)
  }
}

/// The items of a sequence.
struct YAMLItems: Sequence {
  private let node: YAMLNode

  init(of node: YAMLNode) {
    self.node = node
  }

  var count: Int { Int(node.tree.nodes[node.index].count) }
  var isEmpty: Bool { count == 0 }
  var underestimatedCount: Int { count }

  func makeIterator() -> Iterator {
    Iterator(tree: node.tree, index: node.index + 1, end: Int(node.tree.nodes[node.index].end))
  }

  struct Iterator: IteratorProtocol {
    fileprivate let tree: YAMLTree
    fileprivate var index: Int
    fileprivate let end: Int

    mutating func next() -> YAMLNode? {
      guard index < end else { return nil }
      defer { index = Int(tree.nodes[index].end) }
      return YAMLNode(tree, at: index)
    }
  }
}

/// One `key: value` of a mapping.
struct YAMLEntry: Sendable {
  let tree: YAMLTree
  /// The node of the key, or of the alias that stands for it; the value's is the next one.
  let keyIndex: Int

  var key: String { String(decoding: keyBytes, as: UTF8.self) }
  var keyBytes: ArraySlice<UInt8> { tree.text(of: tree.resolved(keyIndex)) }
  /// Where the key is used, which for an alias is not where it was written.
  var keyPosition: SourcePosition { tree.nodes[keyIndex].position }
  var value: YAMLNode { YAMLNode(tree, at: keyIndex + 1) }
}

/// The entries of a mapping in the order of the file, those merged in after the mapping's own; no
/// key occurs twice.
struct YAMLEntries: Sequence {
  private let tree: YAMLTree
  private let range: Range<Int>

  init(of node: YAMLNode) {
    tree = node.tree
    range = node.index + 1..<Int(node.tree.nodes[node.index].end)
  }

  func makeIterator() -> Iterator {
    Iterator(tree: tree, index: range.lowerBound, end: range.upperBound)
  }

  struct Iterator: IteratorProtocol {
    fileprivate let tree: YAMLTree
    fileprivate var index: Int
    fileprivate let end: Int

    mutating func next() -> YAMLEntry? {
      while index < end {
        let key = index
        // A key is a scalar or an alias, either of which is one node.
        index = Int(tree.nodes[key + 1].end)
        guard tree.nodes[key].kind == .mergeKey else {
          return YAMLEntry(tree: tree, keyIndex: key)
        }
      }
      return nil
    }
  }
}

/// A scalar as it was written. Only a plain one can be a number, a boolean or null.
struct YAMLScalar: Hashable, Sendable {
  var text: String
  /// Neither quoted, nor a block, nor tagged as a string.
  var isPlain: Bool
}
