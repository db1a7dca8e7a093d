extension JSONReader {
  package mutating func readString(expecting expectation: String) throws(JSONError) -> String {
    let start = offset
    guard take("\"") else { throw unexpected(expectation) }
    // Stays empty for the usual string, which has no escapes.
    var decoded: [UInt8] = []
    var runStart = offset
    while let byte = peek, byte != UInt8(ascii: "\"") {
      guard byte >= 0x20 else {
        throw JSONError(
          offset: offset, problem: "a string has a control character that is not escaped")
      }
      guard byte == UInt8(ascii: "\\") else {
        offset += 1
        continue
      }
      decoded.append(contentsOf: bytes[runStart..<offset])
      try readEscape(into: &decoded)
      runStart = offset
    }
    guard take("\"") else { throw JSONError(offset: start, problem: "a string does not end") }
    let run = bytes[runStart..<(offset - 1)]
    let text = decoded.isEmpty ? Self.utf8(run) : Self.utf8(decoded + run)
    guard let text else { throw JSONError(offset: start, problem: "a string is not valid UTF-8") }
    return text
  }

  private static func utf8(_ bytes: some Sequence<UInt8>) -> String? {
    String(validating: bytes, as: UTF8.self)
  }

  private mutating func readEscape(into decoded: inout [UInt8]) throws(JSONError) {
    let start = offset
    offset += 1
    guard let byte = peek else { return }
    offset += 1
    let plain: UInt8
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): plain = byte
    case UInt8(ascii: "b"): plain = 0x08
    case UInt8(ascii: "f"): plain = 0x0C
    case UInt8(ascii: "n"): plain = 0x0A
    case UInt8(ascii: "r"): plain = 0x0D
    case UInt8(ascii: "t"): plain = 0x09
    case UInt8(ascii: "u"):
      guard let scalar = readUnicodeEscape() else {
        throw JSONError(offset: start, problem: "a \\u escape is not a character")
      }
      decoded.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
      return
    default: throw JSONError(offset: start, problem: "a string has an unknown escape")
    }
    decoded.append(plain)
  }

  /// After `\u`: four hexadecimal digits, and a second escape after the first half of a pair.
  private mutating func readUnicodeEscape() -> Unicode.Scalar? {
    guard let first = readHexadecimal() else { return nil }
    guard (0xD800...0xDBFF).contains(first) else { return Unicode.Scalar(first) }
    guard take("\\"), take("u"), let second = readHexadecimal(),
      (0xDC00...0xDFFF).contains(second)
    else { return nil }
    return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
  }

  private mutating func readHexadecimal() -> UInt32? {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = peek, let digit = Character(Unicode.Scalar(byte)).hexDigitValue,
        byte < 0x80
      else { return nil }
      value = value << 4 + UInt32(digit)
      offset += 1
    }
    return value
  }
}
