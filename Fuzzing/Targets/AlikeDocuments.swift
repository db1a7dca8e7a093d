@testable internal import Manifests

extension FuzzTarget {
  /// Documents that are written alike: what is read of them is what libyaml finds in the whole text.
  static let alikeDocuments = FuzzTarget("alike-documents", maxLength: 1024) {
    bytes throws(Broken) in
    let dashes = Array("---\n".utf8)
    let other = withOtherWords(bytes)
    // What is read first is what the other is compared with.
    for text in [bytes + dashes + other + dashes + bytes, other + dashes + bytes + dashes + other] {
      let whole = YAMLStream(text, isWhole: true)
      let alike = YAMLStream(text)
      try require(
        alike.problem == whole.problem,
        "\(String(describing: alike.problem)) is not \(String(describing: whole.problem))")
      guard whole.problem == nil else { continue }
      try require(
        alike.documents.count == whole.documents.count,
        "there are \(alike.documents.count) documents")
      for (document, other) in zip(alike.documents, whole.documents) {
        try require(
          values(of: document) == values(of: other),
          "\(values(of: document)) is not \(values(of: other))")
      }
    }
  }

  /// Everything that is known of what a document holds.
  private static func values(of document: YAMLNode) -> [String] {
    let tree = document.tree
    let place = document.index
    return (place..<tree.end(of: place)).map { index in
      let node = tree.nodes[index]
      let end = Int(node.end) - place
      let content =
        switch node.kind {
        case .plain, .quoted, .mergeKey: String(decoding: tree.text(of: index), as: UTF8.self)
        case .alias: "\(Int(node.start) - place)"
        case .sequence, .mapping: "\(node.count)"
        }
      return "\(node.position) \(node.kind) \(end) \(content)"
    }
  }

  /// The same text with some of its words longer, shorter or exchanged.
  private static func withOtherWords(_ bytes: [UInt8]) -> [UInt8] {
    var changed: [UInt8] = []
    var seed = bytes.count
    for word in bytes.split(omittingEmptySubsequences: false, whereSeparator: { !isLetter($0) }) {
      if let separator = word.startIndex > 0 ? bytes[word.startIndex - 1] : nil {
        changed.append(separator)
      }
      guard !word.isEmpty else { continue }
      seed = (seed &* 31 &+ Int(word[word.startIndex])) & 0xFFFF
      switch seed % 6 {
      case 0: changed += word + word
      case 1: changed += word.dropFirst(word.count > 1 ? 1 : 0)
      case 2: changed += "7".utf8
      case 3: changed += "null".utf8
      default: changed += word
      }
    }
    return changed
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
  }
}
