extension YAMLScalar {
  /// What a scalar means by the core schema of YAML 1.2 (section 10.3.2), which is JSON's with more
  /// spellings. The sexagesimals and the `yes` and `no` of YAML 1.1 are text: `09:00` is a time.
  enum Value: Hashable, Sendable {
    case null
    case boolean(Bool)
    case integer(Int)
    /// A whole number that no `Int` can hold.
    case hugeInteger
    /// A whole number that starts with a superfluous 0, such as `010`: YAML 1.1 reads it as 8,
    /// YAML 1.2 as 10.
    case ambiguousInteger
    /// Finite.
    case real(Double)
    /// `.nan`, `.inf`, or a number beyond the range of `Double`.
    case notFinite
    case text(String)
  }

  /// Whether a plain scalar with this text is null.
  static func isNull(_ text: ArraySlice<UInt8>) -> Bool {
    // The longest spelling is `null`; what is written there is seldom as short.
    guard text.count <= 4 else { return false }
    return YAMLScalar(text: String(decoding: text, as: UTF8.self), isPlain: true).value == .null
  }

  var value: Value {
    guard isPlain else { return .text(text) }
    switch text {
    case "", "~", "null", "Null", "NULL": return .null
    case "true", "True", "TRUE": return .boolean(true)
    case "false", "False", "FALSE": return .boolean(false)
    case ".nan", ".NaN", ".NAN": return .notFinite
    default: return number ?? .text(text)
    }
  }

  /// Nil for what is not a number.
  private var number: Value? {
    var digits = Substring(text).utf8
    guard let first = digits.first, first < 0x40 else { return nil }
    if text.hasPrefix("0x") { return whole(digits.dropFirst(2), radix: 16) }
    if text.hasPrefix("0o") { return whole(digits.dropFirst(2), radix: 8) }
    if first == UInt8(ascii: "-") || first == UInt8(ascii: "+") { digits.removeFirst() }
    if [".inf", ".Inf", ".INF"].contains(String(Substring(digits))) { return .notFinite }
    guard let shape = NumberShape(digits) else { return nil }
    switch shape {
    case .whole where digits.count > 1 && digits.first == UInt8(ascii: "0"):
      return .ambiguousInteger
    case .whole:
      return Int(text).map { .integer($0) } ?? .hugeInteger
    case .real:
      guard let real = Double(text), real.isFinite else { return .notFinite }
      return .real(real)
    }
  }

  private func whole(_ digits: Substring.UTF8View, radix: Int) -> Value? {
    guard !digits.isEmpty, digits.allSatisfy({ isDigit($0, radix: radix) }) else { return nil }
    return Int(Substring(digits), radix: radix).map { .integer($0) } ?? .hugeInteger
  }

  private func isDigit(_ byte: UInt8, radix: Int) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "7"): true
    case UInt8(ascii: "8")...UInt8(ascii: "9"): radix > 8
    case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"): radix == 16
    default: false
    }
  }
}

/// Whether unsigned text is written as a whole or as a real number of the core schema:
/// `( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`.
private enum NumberShape {
  case whole
  case real

  init?(_ text: Substring.UTF8View) {
    func digits(_ bytes: inout Substring.UTF8View) -> Int {
      let rest = bytes.drop { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      defer { bytes = rest }
      return bytes.count - rest.count
    }
    var rest = text
    let before = digits(&rest)
    if rest.isEmpty, before > 0 {
      self = .whole
      return
    }
    var after = 0
    if rest.first == UInt8(ascii: ".") {
      rest.removeFirst()
      after = digits(&rest)
    }
    guard before + after > 0 else { return nil }
    if let exponent = rest.first, exponent | 0x20 == UInt8(ascii: "e") {
      rest.removeFirst()
      if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
      guard digits(&rest) > 0 else { return nil }
    }
    guard rest.isEmpty else { return nil }
    self = .real
  }
}
