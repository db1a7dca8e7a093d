/// The tags that a value may carry: those of the core schema, `!!str` and its like.
enum YAMLTag {
  enum Collection: String {
    case sequence = "seq"
    case mapping = "map"
  }

  private static let core = "tag:yaml.org,2002:"

  /// - Throws: A problem for any tag but the one of that collection.
  static func check(
    _ tag: String?, allowed: Collection, at position: SourcePosition
  ) throws(YAMLProblem) {
    guard let tag, tag != "!", tag != core + allowed.rawValue else { return }
    throw refused(tag, at: position)
  }

  /// Whether a scalar with that tag may be a number, a boolean or null: `!!str 10` is text, and
  /// `!!int "10"` a number.
  ///
  /// - Throws: A problem for a tag that the core schema does not have.
  static func isPlain(
    _ tag: String?, isPlain: Bool, at position: SourcePosition
  ) throws(YAMLProblem) -> Bool {
    guard let tag else { return isPlain }
    switch tag {
    case "!", core + "str": return false
    case core + "int", core + "float", core + "bool", core + "null": return true
    default: throw refused(tag, at: position)
    }
  }

  private static func refused(_ tag: String, at position: SourcePosition) -> YAMLProblem {
    let short = tag.hasPrefix(core) ? "!!" + tag.dropFirst(core.count) : tag
    return YAMLProblem(
      position: position, message: "the tag \(short) is not supported here; leave it out")
  }
}
