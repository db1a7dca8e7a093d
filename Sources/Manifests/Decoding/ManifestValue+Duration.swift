internal import Scaling

extension ManifestValue {
  /// A duration as Go writes it, within bounds.
  func duration(in range: ClosedRange<Duration>) -> Duration? {
    let expected =
      "a duration from \(range.lowerBound.text) to \(range.upperBound.text), such as 90s or 1h30m"
    if case .scalar(let scalar) = node.content, case .integer(let number) = scalar.value {
      error(expected: expected, hint: "add a unit: write \(number)s for seconds")
      return nil
    }
    guard let text = text(expected: expected) else { return nil }
    let duration: Duration
    do throws(InvalidDuration) {
      duration = try Duration(text: text)
    } catch let invalid {
      error("expected \(expected); \(invalid)")
      return nil
    }
    guard range.contains(duration) else {
      error(expected: expected)
      return nil
    }
    return duration
  }
}
