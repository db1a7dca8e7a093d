/// The path of a request target (RFC 9112, section 3.2).
enum RequestPath {
  /// Without the query string; of an absolute target (`http://host/path`), which any server must
  /// accept, the path alone.
  static func path(of target: String) -> String {
    var path = target.prefix { $0 != "?" && $0 != "#" }
    for scheme in ["http://", "https://"] where path.lowercased().hasPrefix(scheme) {
      path = path.dropFirst(scheme.count).drop { $0 != "/" }
      if path.isEmpty { path = "/" }
    }
    return String(path)
  }

  /// The segments, percent-decoded one by one, so that an escaped slash does not split; nil when
  /// the path does not start with a slash, or an escape is incomplete or not UTF-8.
  static func segments(of path: String) -> [String]? {
    guard path.utf8.first == UInt8(ascii: "/") else { return nil }
    var segments: [String] = []
    for part in path.utf8.dropFirst().split(
      separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    {
      guard let segment = decoded(part) else { return nil }
      segments.append(segment)
    }
    return segments
  }

  /// A parameter's value. A plus stays a plus: time zones are written with it.
  static func decoded(_ text: String) -> String? {
    decoded(Substring(text).utf8)
  }

  /// Percent-decoding (RFC 3986, section 2.1): exactly two hexadecimal digits after each `%`, and
  /// UTF-8 as the result.
  private static func decoded(_ text: Substring.UTF8View) -> String? {
    var bytes: [UInt8] = []
    var rest = text[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit)
      else { return nil }
      bytes.append(high << 4 | low)
    }
    return String(validating: bytes, as: UTF8.self)
  }

  /// A segment that `segments` reads back as this text.
  static func encoded(_ segment: String) -> String {
    var result = ""
    for byte in segment.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"):
        result.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        result += byte < 0x10 ? "%0" : "%"
        result += String(byte, radix: 16, uppercase: true)
      }
    }
    return result
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
