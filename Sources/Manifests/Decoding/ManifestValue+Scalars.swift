extension ManifestValue {
  /// The scalar that stands here, or an error that something else was expected.
  private func scalar(expected: @autoclosure () -> String) -> YAMLScalar.Value? {
    guard case .scalar(let scalar) = node.content, !node.isNull else {
      error(expected: expected())
      return nil
    }
    return scalar.value
  }

  /// Text that is not empty. A plain number or boolean is not text, as it is not for Kubernetes.
  ///
  /// - Parameters:
  ///   - expected: What the text stands for, such as `a time such as "09:00"`.
  ///   - orNumber: whether a number in quotes may be one.
  func text(expected: @autoclosure () -> String = "text", orNumber: Bool = true) -> String? {
    if node.isPlainlyText { return String(decoding: node.bytes, as: UTF8.self) }
    switch scalar(expected: expected()) {
    case nil:
      return nil
    case .text(let text) where text.isEmpty:
      error(expected: expected())
      return nil
    case .text(let text) where text.unicodeScalars.contains("\0"):
      error("expected \(expected()) without U+0000, which is found here")
      return nil
    case .text(let text):
      return text
    case .null, .boolean, .integer, .hugeInteger, .ambiguousInteger, .real, .notFinite:
      error(expected: expected(), hint: orNumber ? "put it in quotes" : nil)
      return nil
    }
  }

  /// A whole number within bounds.
  ///
  /// - Parameters:
  ///   - orQuoted: whether a number in quotes is taken, with a warning, as EasyScale does.
  ///   - alternative: what else is taken here, by the caller.
  func integer(
    in range: ClosedRange<Int>, orQuoted: Bool = false, or alternative: String? = nil
  ) -> Int? {
    if let number = node.plainInteger, range.contains(number) { return number }
    let number =
      range == Int.min...Int.max
      ? "a whole number" : "a whole number from \(range.lowerBound) to \(range.upperBound)"
    let expected = alternative.map { "\(number), or \($0)" } ?? number
    switch scalar(expected: expected) {
    case nil:
      return nil
    case .integer(let number) where range.contains(number):
      return number
    case .ambiguousInteger:
      error(
        expected: expected,
        hint: "leave out the leading zero, which makes the number octal for some readers")
      return nil
    case .text(let text) where YAMLScalar(text: text, isPlain: true).isNumber:
      if orQuoted, let number = Int(text), range.contains(number) {
        warning("\(quoted(text)) is taken for the number \(number); leave out the quotes")
        return number
      }
      error(expected: expected, hint: "leave out the quotes")
      return nil
    case .null, .boolean, .integer, .hugeInteger, .real, .notFinite, .text:
      error(expected: expected)
      return nil
    }
  }

  /// A finite number of at least a bound, or above it.
  func number(atLeast bound: Double, orEqual: Bool = true) -> Double? {
    let limit = bound == bound.rounded() ? "\(Int(bound))" : "\(bound)"
    return number(expected: "a number \(orEqual ? "of at least" : "above") \(limit)") {
      $0 > bound || (orEqual && $0 == bound)
    }
  }

  /// A number within bounds.
  ///
  /// - Parameter hint: what is meant by a text that is no such number.
  func number(in range: ClosedRange<Double>, hint: (String) -> String? = { _ in nil }) -> Double? {
    number(
      expected: "a number from \(range.lowerBound) to \(range.upperBound)", hint: hint,
      where: range.contains)
  }

  private func number(
    expected: String, hint: (String) -> String? = { _ in nil }, where isValid: (Double) -> Bool
  ) -> Double? {
    var meant: String? { hint(String(decoding: node.bytes, as: UTF8.self)) }
    let number: Double
    switch scalar(expected: expected) {
    case nil:
      return nil
    case .integer(let whole):
      number = Double(whole)
    case .real(let real):
      number = real
    case .text(let text) where YAMLScalar(text: text, isPlain: true).isNumber:
      error(expected: expected, hint: "leave out the quotes")
      return nil
    case .ambiguousInteger:
      error(
        expected: expected,
        hint: "leave out the leading zero, which makes the number octal for some readers")
      return nil
    case .notFinite, .hugeInteger, .null, .boolean, .text:
      error(expected: expected, hint: meant)
      return nil
    }
    guard isValid(number) else {
      error(expected: expected, hint: meant)
      return nil
    }
    return number
  }

  /// `true` or `false`.
  func boolean() -> Bool? {
    switch scalar(expected: "true or false") {
    case nil:
      return nil
    case .boolean(let flag):
      return flag
    case .text(let text):
      let lowered = text.lowercased()
      let hint: String? =
        switch lowered {
        case "true", "false": "leave out the quotes"
        case "yes", "on", "y": "write true"
        case "no", "off", "n": "write false"
        default: nil
        }
      error(expected: "true or false", hint: hint)
      return nil
    case .null, .integer, .hugeInteger, .ambiguousInteger, .real, .notFinite:
      error(expected: "true or false")
      return nil
    }
  }

  /// One word of a few.
  func choice<Choice>(_ choices: [(word: String, meaning: Choice)]) -> Choice? {
    var words: [String] { choices.map(\.word) }
    guard let text = text(expected: words.joined(separator: " or "), orNumber: false) else {
      return nil
    }
    if let chosen = choices.first(where: { $0.word == text }) { return chosen.meaning }
    error(
      expected: words.joined(separator: " or "),
      hint: Suggestion.nearest(to: text, among: words).map { "did you mean \($0)?" })
    return nil
  }
}

/// What most scalars are, told by their bytes. These never take one for something else; for what they
/// do not know, `YAMLScalar.value` knows everything.
extension YAMLNode {
  /// Whether this is text that is neither empty nor holds U+0000.
  var isPlainlyText: Bool {
    guard let first = bytes.first else { return false }
    // U+0000 is written as an escape, which needs quotes.
    guard kind == .plain else { return kind == .quoted && !bytes.contains(0) }
    switch first {
    // true, false and null
    case UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "T"),
      UInt8(ascii: "F"), UInt8(ascii: "N"):
      return false
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"):
      return true
    case UInt8(ascii: "0")...UInt8(ascii: "9"):
      // Of a duration such as 10m; no number ends in one of these.
      return bytes.last.map { UInt8(ascii: "g")...UInt8(ascii: "z") ~= $0 } ?? false
    default:
      return false
    }
  }

  /// A whole number of a few decimal digits; nil for everything else.
  fileprivate var plainInteger: Int? {
    let digits = bytes
    guard kind == .plain, let first = digits.first, digits.count <= 9,
      first != UInt8(ascii: "0") || digits.count == 1
    else { return nil }
    var number = 0
    for digit in digits {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
      number = number * 10 + Int(digit - UInt8(ascii: "0"))
    }
    return number
  }
}

extension YAMLScalar {
  fileprivate var isNumber: Bool {
    switch value {
    case .integer, .hugeInteger, .ambiguousInteger, .real, .notFinite: true
    case .null, .boolean, .text: false
    }
  }
}
