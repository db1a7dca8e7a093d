/// Numbers as text, without the help of a library.
package enum NumberFormat {
  /// Whole numbers without a fraction, others with up to two digits of one.
  static func plain(_ value: Double) -> String {
    trimmed(value, digits: 2)
  }

  /// Whole numbers without a fraction, others with up to that many digits of one.
  static func trimmed(_ value: Double, digits: Int) -> String {
    let text = fixed(value, digits: digits)
    guard text.contains(".") else { return text }
    let trimmed = text.reversed().drop { $0 == "0" }.drop { $0 == "." }
    return String(trimmed.reversed())
  }

  /// So that it is read as the same number: `0.1234567`, `1e-07`.
  package static func exact(_ value: Double) -> String {
    value.rounded() == value ? trimmed(value, digits: 0) : value.description
  }

  /// With that many digits after the point; numbers beyond all measure in Swift's own notation.
  static func fixed(_ value: Double, digits: Int) -> String {
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    let scaled = (value * scale).rounded()
    guard abs(scaled) < 9e15 else { return value.description }
    let whole = Int64(scaled)
    let divisor = Int64(scale)
    let sign = whole < 0 ? "-" : ""
    let (quotient, remainder) = whole.magnitude.quotientAndRemainder(
      dividingBy: UInt64(divisor))
    guard digits > 0 else { return "\(sign)\(quotient)" }
    let fraction = String(remainder)
    let padding = String(repeating: "0", count: digits - fraction.count)
    return "\(sign)\(quotient).\(padding)\(fraction)"
  }
}
