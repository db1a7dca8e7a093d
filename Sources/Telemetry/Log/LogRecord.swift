internal import Time

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
    var line = Array(Instant(milliseconds: milliseconds).rfc3339Milliseconds.utf8)
    line.append(contentsOf: " \(level.column) ".utf8)
    TextEscaping.append(Self.bounded(message), to: &line)
    var separator = "  "
    for field in fields.all {
      line.append(contentsOf: separator.utf8)
      separator = " "
      TextEscaping.appendName(field.name, to: &line)
      line.append(UInt8(ascii: "="))
      switch field.value {
      case .string(let value): TextEscaping.appendValue(Self.bounded(value), to: &line)
      case .int(let value): line.append(contentsOf: String(value).utf8)
      case .double(let value): line.append(contentsOf: value.description.utf8)
      case .bool(let value): line.append(contentsOf: String(value).utf8)
      case .duration(let value): line.append(contentsOf: value.roundedText.utf8)
      }
    }
    line.append(UInt8(ascii: "\n"))
    return line
  }

  private func jsonLine() -> [UInt8] {
    var json = JSONWriter()
    json.object { json in
      json.field("time", Instant(milliseconds: milliseconds).rfc3339Milliseconds)
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
        case .duration(let value): json.field(name, value.roundedText)
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
