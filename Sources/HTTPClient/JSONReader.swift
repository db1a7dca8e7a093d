package import Telemetry

/// A strict pull parser for JSON (RFC 8259) over bytes in memory.
///
/// The caller asks for what it expects and gets it, or an error that says what stands there
/// instead. Nothing is built that no one asked for, so skipping a large answer costs a scan.
/// Nesting is bounded, numbers are finite, and no input traps.
package struct JSONReader {
  package let bytes: [UInt8]
  package let secrets: [Redacted]
  /// Of the next byte to read.
  package internal(set) var offset = 0
  private var depth = 0

  /// Deeper than any answer of a server that we ask.
  package static let maximumDepth = 64
  /// Longer numbers are nonsense, and cost time to convert.
  private static let maximumNumberLength = 400

  /// - Parameter secrets: What no error may show, even though it stands in the text.
  package init(_ bytes: [UInt8], hiding secrets: [Redacted] = []) {
    self.bytes = bytes
    self.secrets = secrets
  }

  // MARK: Containers

  /// Reads an object. `member` must read or skip the value of each key.
  ///
  /// - Throws: also for a key that is given twice: which of the two counts is for each reader to
  ///   guess (RFC 8259 section 4), and a guess is no number to scale by.
  package mutating func readObject(
    _ member: (inout JSONReader, _ key: String) throws(JSONError) -> Void
  ) throws(JSONError) {
    try open("{", as: "an object")
    guard !closes("}") else { return }
    var keys: Set<String> = []
    repeat {
      skipSpace()
      let start = offset
      let key = try readString(expecting: "a key in quotes")
      guard keys.insert(key).inserted else {
        let shown = Excerpt.text(of: key, length: 40, hiding: secrets)
        throw JSONError(offset: start, problem: "the key \"\(shown)\" is given twice")
      }
      skipSpace()
      guard take(":") else { throw unexpected("\":\" after a key") }
      try member(&self, key)
    } while try continues(until: "}")
  }

  /// Reads an array. `element` must read or skip each value.
  package mutating func readArray(
    _ element: (inout JSONReader) throws(JSONError) -> Void
  ) throws(JSONError) {
    try open("[", as: "an array")
    guard !closes("]") else { return }
    repeat { try element(&self) } while try continues(until: "]")
  }

  /// Expects that nothing but white space follows.
  package mutating func finish() throws(JSONError) {
    skipSpace()
    guard offset == bytes.count else { throw unexpected("the end") }
  }

  // MARK: Values

  package mutating func readBool() throws(JSONError) -> Bool {
    skipSpace()
    if take(word: "true") { return true }
    guard take(word: "false") else { throw unexpected("true or false") }
    return false
  }

  /// Reads `null` if it stands here.
  package mutating func takeNull() -> Bool {
    skipSpace()
    return take(word: "null")
  }

  /// A number; one that is too large for a Double is an error.
  package mutating func readDouble() throws(JSONError) -> Double {
    let start = try scanNumber()
    return try double(from: start)
  }

  /// A number without a fractional part, however it is written: `3`, `3.0` and `30e-1` are equal.
  package mutating func readInt() throws(JSONError) -> Int {
    let start = try scanNumber()
    if let exact = Int(String(decoding: bytes[start..<offset], as: UTF8.self)) { return exact }
    guard let whole = Int(exactly: try double(from: start)) else {
      throw JSONError(
        offset: start, problem: "expected a whole number, found \(excerpt(from: start))")
    }
    return whole
  }

  package mutating func readString() throws(JSONError) -> String {
    skipSpace()
    return try readString(expecting: "a string")
  }

  /// Checks and drops one value of any kind.
  package mutating func skipValue() throws(JSONError) {
    skipSpace()
    switch peek {
    case UInt8(ascii: "{"): try readObject { reader, _ throws(JSONError) in try reader.skipValue() }
    case UInt8(ascii: "["): try readArray { reader throws(JSONError) in try reader.skipValue() }
    case UInt8(ascii: "\""): _ = try readString()
    case UInt8(ascii: "t"), UInt8(ascii: "f"): _ = try readBool()
    case UInt8(ascii: "n"):
      guard takeNull() else { throw unexpected("a value") }
    case _ where startsNumber: _ = try scanNumber()
    default: throw unexpected("a value")
    }
  }

  /// What stands here, as the beginning of a value.
  package enum Kind: Hashable, Sendable {
    case object, array, string, number, bool, null, other
  }

  package mutating func nextKind() -> Kind {
    skipSpace()
    return switch peek {
    case UInt8(ascii: "{"): .object
    case UInt8(ascii: "["): .array
    case UInt8(ascii: "\""): .string
    case UInt8(ascii: "t"), UInt8(ascii: "f"): .bool
    case UInt8(ascii: "n"): .null
    case _ where startsNumber: .number
    default: .other
    }
  }

  /// An error at this place that says what was expected and shows what stands here.
  package func unexpected(_ expectation: String) -> JSONError {
    JSONError(
      offset: offset,
      problem: "expected \(expectation), found "
        + (offset < bytes.count ? excerpt(from: offset) : "the end"))
  }

  // MARK: Private

  package var peek: UInt8? {
    offset < bytes.count ? bytes[offset] : nil
  }

  package mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard peek == UInt8(ascii: character) else { return false }
    offset += 1
    return true
  }

  private mutating func take(word: StaticString) -> Bool {
    let end = offset + word.utf8CodeUnitCount
    guard end <= bytes.count else { return false }
    let isEqual = word.withUTF8Buffer { $0.elementsEqual(bytes[offset..<end]) }
    if isEqual { offset = end }
    return isEqual
  }

  private mutating func skipSpace() {
    while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      offset += 1
    }
  }

  private mutating func open(_ bracket: Unicode.Scalar, as name: String) throws(JSONError) {
    skipSpace()
    guard depth < Self.maximumDepth else {
      throw JSONError(offset: offset, problem: "nested deeper than \(Self.maximumDepth) levels")
    }
    guard take(bracket) else { throw unexpected(name) }
    depth += 1
  }

  /// Takes the bracket that ends an empty container, or one after its last element.
  private mutating func closes(_ bracket: Unicode.Scalar) -> Bool {
    skipSpace()
    guard take(bracket) else { return false }
    depth -= 1
    return true
  }

  /// After an element: true for a comma.
  private mutating func continues(until bracket: Unicode.Scalar) throws(JSONError) -> Bool {
    if closes(bracket) { return false }
    guard take(",") else { throw unexpected("\",\" or \"\(bracket)\"") }
    return true
  }

  // MARK: Numbers

  private var startsNumber: Bool {
    guard let byte = peek else { return false }
    return byte == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  /// Moves past a number of JSON's grammar: no sign but minus, no leading zeros, no NaN.
  ///
  /// - Returns: where it starts.
  private mutating func scanNumber() throws(JSONError) -> Int {
    skipSpace()
    let start = offset
    _ = take("-")
    if !take("0") {
      guard skipDigits() else {
        offset = start
        throw unexpected("a number")
      }
    }
    if take(".") {
      guard skipDigits() else { throw unexpected("a digit") }
    }
    if take("e") || take("E") {
      if !take("+") { _ = take("-") }
      guard skipDigits() else { throw unexpected("a digit") }
    }
    if let next = peek, Self.isWordByte(next) {
      offset = start
      throw unexpected("a number")
    }
    return start
  }

  private mutating func skipDigits() -> Bool {
    let start = offset
    while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { offset += 1 }
    return offset > start
  }

  private func double(from start: Int) throws(JSONError) -> Double {
    guard offset - start <= Self.maximumNumberLength,
      let value = Double(String(decoding: bytes[start..<offset], as: UTF8.self)), value.isFinite
    else {
      throw JSONError(offset: start, problem: "the number \(excerpt(from: start)) is out of range")
    }
    return value
  }

  // MARK: Excerpts

  private static func isWordByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "+"), UInt8(ascii: "-"),
      UInt8(ascii: "."), UInt8(ascii: "_"):
      true
    default: false
    }
  }

  /// The word at that place, or its first few characters, in quotes.
  private func excerpt(from start: Int) -> String {
    let rest = SecretLedger.known(with: secrets)
      .hidden(in: bytes, start..<min(start + 200, bytes.count))
    let word = rest.prefix(while: Self.isWordByte)
    return "\"\(Excerpt.text(of: word.isEmpty ? rest.prefix(24) : word, length: 24))\""
  }
}
