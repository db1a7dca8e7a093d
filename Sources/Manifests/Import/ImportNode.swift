internal import Scaling

/// A value of somebody else's manifest: read for what is there, with no regard for what is not.
struct ImportNode {
  private let node: YAMLNode

  init(_ node: YAMLNode) {
    self.node = node
  }

  /// A field that is there and not null.
  subscript(key: String) -> ImportNode? {
    fields.first { $0.key == key }?.value
  }

  /// The fields of a mapping, in order; none for anything else.
  var fields: [(key: String, value: ImportNode)] {
    guard node.kind == .mapping else { return [] }
    return YAMLEntries(of: node).filter { !$0.value.isNull }.map { ($0.key, ImportNode($0.value)) }
  }

  var items: [ImportNode] {
    guard node.kind == .sequence else { return [] }
    return YAMLItems(of: node).map { ImportNode($0) }
  }

  /// Of a scalar, whatever it means, without blanks at its ends.
  var text: String? {
    guard node.isScalar else { return nil }
    return String(decoding: node.bytes, as: UTF8.self).trimmed
  }

  var integer: Int? { text.flatMap { Int($0) } }

  /// As JSON, which is YAML too.
  var json: String {
    switch node.content {
    case .sequence(let items):
      "[" + items.map { ImportNode($0).json }.joined(separator: ", ") + "]"
    case .mapping(let entries):
      "{"
        + entries.map { "\(ImportText.quoted($0.key)): \(ImportNode($0.value).json)" }
        .joined(separator: ", ") + "}"
    case .scalar(let scalar):
      switch scalar.value {
      case .null: "null"
      case .boolean(let flag): "\(flag)"
      case .integer, .real: scalar.text
      case .hugeInteger, .ambiguousInteger, .notFinite, .text: ImportText.quoted(scalar.text)
      }
    }
  }
}

/// Words of manifests that are written.
enum ImportText {
  /// In double quotes, as JSON and YAML both read it.
  static func quoted(_ text: String) -> String {
    var result = "\""
    for character in text.unicodeScalars {
      switch character {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case _ where character.value < 0x20 || (0x7F...0x9F).contains(character.value):
        let digits = String(character.value, radix: 16, uppercase: true)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(character)
      }
    }
    return result + "\""
  }

  /// A name of Kubernetes: in quotes where it could be taken for something else than text.
  static func scalar(_ name: String) -> String {
    let words = ["true", "false", "yes", "no", "on", "off", "y", "n", "null"]
    let isText = name.first?.isLetter == true && !words.contains(name)
    return isText ? name : quoted(name)
  }

  /// A name that Kubernetes takes, made of any text.
  static func name(from text: String) -> String {
    var name = ""
    for character in text.lowercased().unicodeScalars {
      let isPlain = ("a"..."z").contains(character) || ("0"..."9").contains(character)
      if isPlain {
        name.unicodeScalars.append(character)
      } else if !name.isEmpty, !name.hasSuffix("-") {
        name += "-"
      }
    }
    name = String(name.prefix(200))
    while name.hasSuffix("-") { name.removeLast() }
    return name.isEmpty ? "imported" : name
  }
}
