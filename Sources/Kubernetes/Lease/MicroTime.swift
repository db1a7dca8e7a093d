internal import Scaling

/// Kubernetes' MicroTime: RFC 3339 in UTC with six digits of fraction, always.
enum MicroTime {
  static func text(_ instant: Instant) -> String {
    let milliseconds = instant.milliseconds
    let (_, rest) = milliseconds.quotientAndRemainder(dividingBy: 1000)
    let fraction = rest < 0 ? rest + 1000 : rest
    let whole = Instant(milliseconds: milliseconds - fraction).rfc3339.dropLast()
    let digits = String(fraction)
    return "\(whole).\(String(repeating: "0", count: 3 - digits.count))\(digits)000Z"
  }
}
