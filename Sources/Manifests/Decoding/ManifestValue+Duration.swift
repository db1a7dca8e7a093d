internal import Scaling
internal import Time

extension ManifestValue {
  /// A duration as Go writes it, within bounds.
  ///
  /// - Parameter other: what is taken besides, such as `forever`.
  func duration(in range: ClosedRange<Duration>, or other: String? = nil) -> Duration? {
    var expected: String {
      (other.map { "\($0) or " } ?? "")
        + "a duration from \(range.lowerBound.daysText) to \(range.upperBound.daysText), such as 90s or 1h30m"
    }
    if !node.isPlainlyText, case .scalar(let scalar) = node.content,
      case .integer(let number) = scalar.value
    {
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

  /// How long a lost signal goes on asking: `forever`, or a duration of up to a week.
  func hold() -> Hold? {
    if case .scalar(let scalar) = node.content, scalar.text == "forever" { return .forever }
    return duration(in: .zero...ManifestLimits.week, or: "forever").map { .upTo($0) }
  }
}
