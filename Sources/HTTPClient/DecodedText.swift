/// A text as it reads once an encoding is undone: its bytes, each with the place that it stands at in
/// the text itself.
struct DecodedText {
  private(set) var bytes: [UInt8]
  /// Where in the text each byte stands; nil for the text itself.
  private var places: [Range<Int>]?

  /// How servers write a text inside another one.
  enum Encoding: CaseIterable {
    /// Backslashes, as in JSON and in most programming languages.
    case backslashes
    /// `%2F`, as in URLs.
    case percent
    /// `&#47;`, as in HTML and XML.
    case entities
  }

  init(_ text: [UInt8]) {
    bytes = text
  }

  /// All readings of the text: itself, and what one encoding or two, one inside of the other, may hide.
  static func readings(of text: [UInt8]) -> [DecodedText] {
    let itself = DecodedText(text)
    var readings = [itself]
    for outer in Encoding.allCases {
      guard let once = itself.undoing(outer) else { continue }
      readings.append(once)
      readings += Encoding.allCases.compactMap { once.undoing($0) }
    }
    return readings
  }

  /// Of bytes that follow each other, the place in the text.
  func place(of range: Range<Int>) -> Range<Int> {
    guard let places, !range.isEmpty else { return range }
    return places[range.lowerBound].lowerBound..<places[range.upperBound - 1].upperBound
  }

  /// Without blanks and line breaks, which Base64 is broken into lines with.
  var joined: DecodedText? {
    rewritten { bytes, index in Self.isBlank(bytes[index]) ? ([], 1) : nil }
  }

  /// Nil where nothing is written in that encoding.
  private func undoing(_ encoding: Encoding) -> DecodedText? {
    switch encoding {
    case .backslashes: rewritten(Self.backslash)
    case .percent: rewritten(Self.percent)
    case .entities: rewritten(Self.entity)
    }
  }

  /// - Parameter escape: What is meant at an index, and how many bytes say so; nil for a byte that
  ///   means itself.
  /// - Returns: nil where every byte means itself.
  private func rewritten(
    _ escape: ([UInt8], Int) -> (meant: [UInt8], length: Int)?
  ) -> DecodedText? {
    guard let first = bytes.indices.first(where: { escape(bytes, $0) != nil }) else { return nil }
    var result = DecodedText(Array(bytes[..<first]))
    var newPlaces = (0..<first).map { place(of: $0..<$0 + 1) }
    var index = first
    while index < bytes.count {
      let (meant, length) = escape(bytes, index) ?? ([bytes[index]], 1)
      let place = place(of: index..<index + length)
      result.bytes += meant
      newPlaces += meant.map { _ in place }
      index += length
    }
    result.places = newPlaces
    return result
  }

  // MARK: Encodings

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
  }

  /// RFC 8259, section 7, and `\x2F` and `\'` of other languages.
  private static func backslash(_ bytes: [UInt8], _ index: Int) -> (meant: [UInt8], length: Int)? {
    guard bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.count else { return nil }
    switch bytes[index + 1] {
    case UInt8(ascii: "/"), UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "'"):
      return ([bytes[index + 1]], 2)
    case UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      return ([0x20], 2)
    case UInt8(ascii: "x"):
      return number(bytes[(index + 2)...].prefix(2), radix: 16, digits: 2)
        .map { ([UInt8($0)], 4) }
    case UInt8(ascii: "u"):
      return number(bytes[(index + 2)...].prefix(4), radix: 16, digits: 4).flatMap(utf8)
        .map { ($0, 6) }
    default:
      return nil
    }
  }

  private static func percent(_ bytes: [UInt8], _ index: Int) -> (meant: [UInt8], length: Int)? {
    guard bytes[index] == UInt8(ascii: "%") else { return nil }
    return number(bytes[(index + 1)...].prefix(2), radix: 16, digits: 2).map { ([UInt8($0)], 3) }
  }

  private static let names: [String: UInt8] = [
    "amp": UInt8(ascii: "&"), "lt": UInt8(ascii: "<"), "gt": UInt8(ascii: ">"),
    "quot": UInt8(ascii: "\""), "apos": UInt8(ascii: "'"), "plus": UInt8(ascii: "+"),
    "sol": UInt8(ascii: "/"), "equals": UInt8(ascii: "="),
  ]
  /// Of an entity, between `&` and `;`: `#x0010FFFF`.
  private static let longestEntity = 10

  private static func entity(_ bytes: [UInt8], _ index: Int) -> (meant: [UInt8], length: Int)? {
    guard bytes[index] == UInt8(ascii: "&") else { return nil }
    let rest = bytes[(index + 1)...].prefix(longestEntity + 1)
    guard let end = rest.firstIndex(of: UInt8(ascii: ";")) else { return nil }
    let length = end + 1 - index
    let name = rest[..<end]
    guard name.first == UInt8(ascii: "#") else {
      return names[String(decoding: name, as: UTF8.self)].map { ([$0], length) }
    }
    let isHexadecimal = name.dropFirst().first.map { $0 | 0x20 == UInt8(ascii: "x") } ?? false
    let digits = name.dropFirst(isHexadecimal ? 2 : 1)
    return number(digits, radix: isHexadecimal ? 16 : 10, digits: digits.count).flatMap(utf8)
      .map { ($0, length) }
  }

  /// Exactly so many digits; nil for anything else.
  private static func number(_ text: ArraySlice<UInt8>, radix: UInt32, digits: Int) -> UInt32? {
    guard !text.isEmpty, text.count == digits else { return nil }
    var number: UInt32 = 0
    for byte in text {
      let digit: UInt32
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = UInt32(byte - UInt8(ascii: "0"))
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = UInt32(byte - UInt8(ascii: "a")) + 10
      case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = UInt32(byte - UInt8(ascii: "A")) + 10
      default: return nil
      }
      guard digit < radix, number <= 0x10FFFF else { return nil }
      number = number * radix + digit
    }
    return number
  }

  /// Nil for what is no character.
  private static func utf8(_ code: UInt32) -> [UInt8]? {
    Unicode.Scalar(code).map { Array(String(Character($0)).utf8) }
  }
}
