/// Escaping for text records.
enum TextEscaping {
  /// A character that may not stand in any log line as it is: C0 and C1 controls, DEL, line and
  /// paragraph separators, and the controls of text direction.
  static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x00...0x1F, 0x7F...0x9F, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069: true
    default: false
    }
  }

  /// The text with unsafe characters escaped.
  static func append(_ text: String, to line: inout String) {
    for scalar in text.unicodeScalars {
      if isUnsafe(scalar) {
        append(escaping: scalar, to: &line)
      } else {
        line.unicodeScalars.append(scalar)
      }
    }
  }

  /// The text as it is, or in quotes where a reader could not tell where it ends.
  static func appendValue(_ text: String, to line: inout String) {
    let isPlain = text.unicodeScalars.allSatisfy {
      $0 > " " && $0 != "\"" && $0 != "=" && $0 != "\\" && !isUnsafe($0)
        && !$0.properties.isWhitespace
    }
    if isPlain && !text.isEmpty {
      line += text
      return
    }
    line += "\""
    for scalar in text.unicodeScalars {
      if scalar == "\"" || scalar == "\\" {
        line += "\\"
        line.unicodeScalars.append(scalar)
      } else if isUnsafe(scalar) {
        append(escaping: scalar, to: &line)
      } else {
        line.unicodeScalars.append(scalar)
      }
    }
    line += "\""
  }

  /// A name that can be split off at its `=`.
  static func fieldName(_ name: String) -> String {
    let characters = name.unicodeScalars.map { scalar in
      scalar > " " && scalar != "=" && scalar != "\"" && !isUnsafe(scalar) ? scalar : "_"
    }
    guard !characters.isEmpty else { return "_" }
    var result = String.UnicodeScalarView()
    result.append(contentsOf: characters)
    return String(result)
  }

  private static func append(escaping scalar: Unicode.Scalar, to line: inout String) {
    switch scalar {
    case "\n": line += "\\n"
    case "\r": line += "\\r"
    case "\t": line += "\\t"
    default:
      let digits = String(scalar.value, radix: 16)
      line += "\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
  }
}
