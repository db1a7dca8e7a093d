/// Floating-point numbers as text.
package enum NumberText {
  /// The shortest text that reads back as the same number, whole numbers without a fraction. The
  /// number must be finite.
  package static func text(_ value: Double) -> String {
    let text = value.description
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}
