/// A value of a YAML document, with where it was written.
struct YAMLNode: Hashable, Sendable {
  var position: SourcePosition
  var content: Content

  enum Content: Hashable, Sendable {
    case scalar(YAMLScalar)
    case sequence([YAMLNode])
    /// In the order of the file; no key occurs twice.
    case mapping([YAMLEntry])
  }
}

/// One `key: value` of a mapping.
struct YAMLEntry: Hashable, Sendable {
  var key: String
  var keyPosition: SourcePosition
  var value: YAMLNode
}

/// A scalar as it was written. Only a plain one can be a number, a boolean or null.
struct YAMLScalar: Hashable, Sendable {
  var text: String
  /// Neither quoted, nor a block, nor tagged as a string.
  var isPlain: Bool
}
