/// Escaping for the lines of the log, as UTF-8.
enum TextEscaping {
  /// A character that may not stand in any log line as it is: C0 and C1 controls, DEL, line and
  /// paragraph separators, and the controls of text direction. All lie in the basic plane.
  static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x00...0x1F, 0x7F...0x9F, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069: true
    default: false
    }
  }

  /// The text with unsafe characters escaped.
  static func append(_ text: String, to line: inout [UInt8]) {
    guard !isPrintableASCII(text) else {
      line.append(contentsOf: text.utf8)
      return
    }
    for scalar in text.unicodeScalars { append(scalar, escapingQuotes: false, to: &line) }
  }

  /// The text as it is, or in quotes where a reader could not tell where it ends.
  static func appendValue(_ text: String, to line: inout [UInt8]) {
    if !text.isEmpty && !needsQuotes(text) {
      line.append(contentsOf: text.utf8)
      return
    }
    line.append(UInt8(ascii: "\""))
    for scalar in text.unicodeScalars { append(scalar, escapingQuotes: true, to: &line) }
    line.append(UInt8(ascii: "\""))
  }

  /// The name of a field, made so that it ends at its `=`.
  static func appendName(_ name: String, to line: inout [UInt8]) {
    if name.isEmpty { line.append(UInt8(ascii: "_")) }
    for scalar in name.unicodeScalars {
      let isFine = scalar > " " && scalar != "=" && scalar != "\"" && !isUnsafe(scalar)
      append(isFine ? scalar : "_", escapingQuotes: false, to: &line)
    }
  }

  /// The whole of `\u` and four hexadecimal digits, as JSON has it.
  static func append(escaping scalar: Unicode.Scalar, to line: inout [UInt8]) {
    let digits = String(scalar.value, radix: 16).utf8
    line.append(contentsOf: "\\u".utf8)
    line.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: max(0, 4 - digits.count)))
    line.append(contentsOf: digits)
  }

  /// Most texts are, and need no look at their scalars.
  static func isPrintableASCII(_ text: String) -> Bool {
    text.utf8.allSatisfy { 0x20...0x7E ~= $0 }
  }

  private static func needsQuotes(_ text: String) -> Bool {
    text.unicodeScalars.contains { scalar in
      scalar == " " || scalar == "\"" || scalar == "=" || scalar == "\\" || isUnsafe(scalar)
        || (!scalar.isASCII && scalar.properties.isWhitespace)
    }
  }

  private static func append(
    _ scalar: Unicode.Scalar, escapingQuotes: Bool, to line: inout [UInt8]
  ) {
    switch scalar {
    case "\"" where escapingQuotes: line.append(contentsOf: "\\\"".utf8)
    case "\\" where escapingQuotes: line.append(contentsOf: "\\\\".utf8)
    case "\n": line.append(contentsOf: "\\n".utf8)
    case "\r": line.append(contentsOf: "\\r".utf8)
    case "\t": line.append(contentsOf: "\\t".utf8)
    case _ where isUnsafe(scalar): append(escaping: scalar, to: &line)
    case _ where scalar.isASCII: line.append(UInt8(ascii: scalar))
    default: line.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    }
  }
}
