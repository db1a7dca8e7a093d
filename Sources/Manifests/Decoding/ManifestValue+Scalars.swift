extension ManifestValue {
  /// The scalar that stands here, or an error that something else was expected.
  private func scalar(expected: String, hint: String? = nil) -> YAMLScalar.Value? {
    guard case .scalar(let scalar) = node.content, !node.isNull else {
      error(expected: expected, hint: hint)
      return nil
    }
    return scalar.value
  }

  /// Text that is not empty. A plain number or boolean is not text, as it is not for Kubernetes.
  ///
  /// - Parameter expected: What the text stands for, such as `a time such as "09:00"`.
  func text(expected: String = "text") -> String? {
    switch scalar(expected: expected) {
    case nil:
      return nil
    case .text(let text) where text.isEmpty:
      error(expected: expected)
      return nil
    case .text(let text) where text.unicodeScalars.contains("\0"):
      error("expected \(expected) without U+0000, which is found here")
      return nil
    case .text(let text):
      return text
    case .null, .boolean, .integer, .hugeInteger, .ambiguousInteger, .real, .notFinite:
      error(expected: expected, hint: "put it in quotes")
      return nil
    }
  }

  /// A whole number within bounds.
  func integer(in range: ClosedRange<Int>) -> Int? {
    let expected =
      range == Int.min...Int.max
      ? "a whole number" : "a whole number from \(range.lowerBound) to \(range.upperBound)"
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
    let expected = "a number \(orEqual ? "of at least" : "above") \(limit)"
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
      error(expected: expected)
      return nil
    }
    guard number > bound || (orEqual && number == bound) else {
      error(expected: expected)
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
    let words = choices.map(\.word)
    let expected = words.joined(separator: " or ")
    guard let text = text(expected: expected) else { return nil }
    if let chosen = choices.first(where: { $0.word == text }) { return chosen.meaning }
    error(
      expected: expected,
      hint: Suggestion.nearest(to: text, among: words).map { "did you mean \($0)?" })
    return nil
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
