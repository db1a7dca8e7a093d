/// One record of the log, and how it is written as text or JSON.
///
/// Whatever strings it holds, the line ends at its end only: control characters, line and
/// paragraph separators and the controls that reorder text are escaped, so that no input can forge
/// a record or play tricks on a terminal.
struct LogRecord {
  /// Since 1970, UTC.
  var milliseconds: Int64
  var level: LogLevel
  var message: String
  var fields: LogFields

  /// The longest string value that is written whole, in UTF-8 bytes; the rest is cut off, so that
  /// a peer cannot fill the log by sending one huge name.
  static let longestString = 4096

  func line(_ format: LogFormat) -> [UInt8] {
    switch format {
    case .text: textLine()
    case .json: jsonLine()
    }
  }

  /// `2026-11-20T22:42:18.123Z INFO  message  key=value other="two words"`.
  private func textLine() -> [UInt8] {
    var line = UTCTime.text(milliseconds: milliseconds)
    line += " \(level.column) "
    TextEscaping.append(Self.bounded(message), to: &line)
    var separator = "  "
    for field in fields.all {
      line += separator
      separator = " "
      line += TextEscaping.fieldName(field.name)
      line += "="
      switch field.value {
      case .string(let value): TextEscaping.appendValue(Self.bounded(value), to: &line)
      case .int(let value): line += String(value)
      case .double(let value): line += value.description
      case .bool(let value): line += String(value)
      case .duration(let value): line += DurationText.text(value)
      }
    }
    line += "\n"
    return Array(line.utf8)
  }

  private func jsonLine() -> [UInt8] {
    var json = JSONWriter()
    json.object { json in
      json.field("time", UTCTime.text(milliseconds: milliseconds))
      json.field("level", level.name)
      json.field("message", Self.bounded(message))
      var taken: Set<String> = ["time", "level", "message"]
      for field in fields.all {
        var name = field.name
        while !taken.insert(name).inserted { name += "_" }
        switch field.value {
        case .string(let value): json.field(name, Self.bounded(value))
        case .int(let value): json.field(name, value)
        case .double(let value) where value.isFinite: json.field(name, value)
        case .double(let value): json.field(name, value.description)
        case .bool(let value): json.field(name, value)
        case .duration(let value): json.field(name, DurationText.text(value))
        }
      }
    }
    return json.bytes + [UInt8(ascii: "\n")]
  }

  /// The string, or its beginning and how much is missing.
  private static func bounded(_ text: String) -> String {
    let bytes = text.utf8
    guard bytes.count > longestString else { return text }
    let start = String(decoding: bytes.prefix(longestString), as: UTF8.self)
    return "\(start)… (\(bytes.count - longestString) more bytes)"
  }
}

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
