/// Durations as text, in Go's units: `1h30m`, `2.5s`, `15ms`, `250µs`, `0s`.
package enum DurationText {
  /// Rounded towards zero to whole microseconds below a second and to whole milliseconds above.
  package static func text(_ duration: Duration) -> String {
    let sign = duration < .zero ? "-" : ""
    let seconds = duration.components.seconds.magnitude
    let microseconds = duration.components.attoseconds.magnitude / 1_000_000_000_000
    guard seconds > 0 else { return sign + belowOneSecond(microseconds) }
    var text = sign
    if seconds >= 3600 { text += "\(seconds / 3600)h" }
    if seconds / 60 % 60 > 0 { text += "\(seconds / 60 % 60)m" }
    let milliseconds = microseconds / 1000
    if seconds % 60 > 0 || milliseconds > 0 {
      text += "\(seconds % 60)\(fraction(milliseconds))s"
    }
    return text
  }

  private static func belowOneSecond(_ microseconds: UInt64) -> String {
    switch microseconds {
    case 0: "0s"
    case ..<1000: "\(microseconds)µs"
    default: "\(microseconds / 1000)\(fraction(microseconds % 1000))ms"
    }
  }

  /// Thousandths with their point and without trailing zeros; nothing for 0.
  private static func fraction(_ thousandths: UInt64) -> String {
    guard thousandths > 0 else { return "" }
    var digits = String(thousandths)
    digits = String(repeating: "0", count: 3 - digits.count) + digits
    while digits.last == "0" { digits.removeLast() }
    return ".\(digits)"
  }
}
