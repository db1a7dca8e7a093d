/// The scalars of a document that another could stand for: words and numbers, plain or in quotes,
/// that are all that follows a `: ` on their line, or in their place of a flow collection.
struct ReplaceableScalars: IteratorProtocol {
  struct Element {
    /// Of the text, without quotes.
    var range: Range<Int>
    /// Where the scalar begins, with its quote.
    var position: SourcePosition
    var isQuoted: Bool
  }

  private let bytes: [UInt8]
  private let end: Int
  private var index: Int
  private var position: SourcePosition

  init(of document: SourceDocument, in bytes: [UInt8]) {
    self.bytes = bytes
    index = document.range.lowerBound
    end = document.range.upperBound
    position = SourcePosition(line: document.line, column: 1)
  }

  mutating func next() -> Element? {
    while index + 2 < end {
      let isBehindKey = bytes[index] == UInt8(ascii: ":") && bytes[index + 1] == UInt8(ascii: " ")
      guard isBehindKey else {
        pass(1)
        continue
      }
      pass(2)
      if let found = scalar() { return found }
    }
    return nil
  }

  private mutating func pass(_ count: Int) {
    for _ in 0..<count {
      position.pass(bytes[index])
      index += 1
    }
  }

  private func scalar() -> Element? {
    let quote = bytes[index]
    let isQuoted = quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'")
    let start = isQuoted ? index + 1 : index
    guard var behind = bytes.withUnsafeBufferPointer({ Self.end(in: $0, from: start) }),
      behind < end
    else { return nil }
    let range = start..<behind
    if isQuoted {
      guard bytes[behind] == quote, behind + 1 < end else { return nil }
      behind += 1
    }
    switch bytes[behind] {
    case UInt8(ascii: "\n"), UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]"):
      return Element(range: range, position: position, isQuoted: isQuoted)
    default:
      return nil
    }
  }

  /// The end of the word or number that begins at `start`: a letter or digit, and then more of them
  /// and of what means nothing to YAML between them. Nil for none.
  static func end(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
    guard start < bytes.count, isLetterOrDigit(bytes[start]) else { return nil }
    var end = start + 1
    while end < bytes.count {
      switch bytes[end] {
      case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "/"): break
      default: guard isLetterOrDigit(bytes[end]) else { return end }
      }
      end += 1
    }
    return end
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: false
    }
  }
}
