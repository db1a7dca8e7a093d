internal import Scaling

/// A distance from UTC that was written where a time zone was expected: `UTC+8`, `GMT-5`, `+05:30`.
struct ZoneOffset {
  /// East of Greenwich above 0.
  private let minutes: Int
  private let text: String

  /// Nil for any other text.
  init?(_ text: String) {
    var rest = text.uppercased()[...]
    for prefix in ["ETC/GMT", "ETC/UTC", "UTC", "GMT"] where rest.hasPrefix(prefix) {
      // Of these the sign means the opposite, and one that exists is no mistake.
      guard prefix != "ETC/GMT" else { return nil }
      rest = rest.dropFirst(prefix.count)
      break
    }
    guard let sign = rest.first, sign == "+" || sign == "-" || sign == "\u{2212}" else {
      return nil
    }
    let parts = rest.dropFirst().split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count <= 2, let first = parts.first,
      parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { (48...57).contains($0) } })
    else { return nil }
    var hours = Int(first) ?? 0
    var minutes = parts.count == 2 ? Int(parts[1]) ?? 0 : 0
    if parts.count == 1, first.utf8.count == 4 { (hours, minutes) = (hours / 100, hours % 100) }
    guard first.utf8.count <= 4, hours <= 14, minutes < 60 else { return nil }
    self.minutes = (sign == "+" ? 1 : -1) * (hours * 60 + minutes)
    self.text = text
  }

  /// Zones with that distance all year, where it is not in whole hours.
  private static let places = [
    210: "Asia/Tehran", 270: "Asia/Kabul", 330: "Asia/Kolkata", 345: "Asia/Kathmandu",
    390: "Asia/Yangon", 525: "Australia/Eucla", 570: "Australia/Darwin", -570: "Pacific/Marquesas",
  ]

  func advice(among names: [String]) -> ZoneAdvice? {
    let reason = "a distance from UTC is no zone"
    guard minutes % 60 == 0 else {
      guard let place = Self.places[minutes], names.contains(place) else {
        return ZoneAdvice("\(reason); write the place that is meant", names: [])
      }
      return ZoneAdvice("\(reason); \(place) has this one all year", names: [place])
    }
    let hours = minutes / 60
    let name = hours == 0 ? "UTC" : "Etc/GMT\(hours > 0 ? "-" : "+")\(abs(hours))"
    guard names.contains(name) else { return ZoneAdvice("\(reason); write a place", names: []) }
    return ZoneAdvice(
      hours == 0
        ? "write UTC"
        : "\(reason); write \(name), whose sign is the other way round, or better a place, which "
          + "knows about summer time", names: [name])
  }
}
