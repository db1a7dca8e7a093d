/// Takes an input apart for targets that want more than one text.
///
/// Numbers are taken from the end, so that a recorded file is a seed as it is.
struct FuzzInput {
  private(set) var bytes: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) {
    self.bytes = bytes[...]
  }

  /// The last byte; 0 when there is none.
  mutating func takeByte() -> UInt8 {
    bytes.popLast() ?? 0
  }

  /// The last eight bytes as a number; what is missing counts as 0.
  mutating func takeInteger() -> UInt64 {
    (0..<8).reduce(0) { number, _ in number << 8 | UInt64(takeByte()) }
  }

  /// One of `choices`, of which there has to be one.
  mutating func take<Choice>(_ choices: [Choice]) -> Choice {
    choices[Int(takeByte()) % choices.count]
  }

  /// What is left, as lines.
  var lines: [ArraySlice<UInt8>] {
    bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
  }

  /// What is left, as lines of text; what is no UTF-8 is repaired.
  var texts: [String] {
    lines.map { String(decoding: $0, as: UTF8.self) }
  }
}
