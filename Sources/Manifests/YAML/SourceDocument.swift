/// The place of one document in a text of several, between lines of `---`.
struct SourceDocument {
  /// Of the text's bytes; the lines around it are not in it.
  let range: Range<Int>
  /// The line that it begins with.
  let line: Int
  let lineCount: Int

  /// The document that begins at `start`. Nil where its borders cannot be told without reading YAML,
  /// or another document's meaning depends on it: directives, `...`, text behind the dashes, and line
  /// breaks that are not line feeds.
  init?(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int, line: Int) {
    var index = start
    var lines = 0
    while !SourceDocument.isEnd(bytes, index) {
      switch bytes[index] {
      case UInt8(ascii: "%"): return nil
      case UInt8(ascii: "-") where bytes[index...].starts(with: "---".utf8): return nil
      case UInt8(ascii: ".") where bytes[index...].starts(with: "...".utf8): return nil
      default: break
      }
      guard let end = SourceDocument.endOfLine(bytes, from: index) else { return nil }
      index = end
      lines += 1
    }
    range = start..<index
    self.line = line
    lineCount = lines
  }

  /// Whether a document ends where a line begins: with the text, or with a line of `---`.
  static func isEnd(_ bytes: UnsafeBufferPointer<UInt8>, _ index: Int) -> Bool {
    let rest = bytes[index...]
    return rest.isEmpty || rest.starts(with: "---\n".utf8)
  }

  /// Behind the line feed.
  private static func endOfLine(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
    for index in start..<bytes.count {
      switch bytes[index] {
      case UInt8(ascii: "\n"): return index + 1
      case UInt8(ascii: "\r"): return nil
      // The first bytes of the foreign ones.
      case 0xC2, 0xE2, 0xEF:
        let rest = bytes[index...]
        if foreignBreaks.contains(where: { rest.starts(with: $0.utf8) }) { return nil }
      default: break
      }
    }
    return bytes.count
  }

  /// What libyaml takes for the end of a line beside line feed and carriage return, or drops: a byte
  /// order mark.
  private static let foreignBreaks = ["\u{85}", "\u{2028}", "\u{2029}", "\u{FEFF}"]
}
