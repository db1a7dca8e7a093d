/// A time of day to the minute, 00:00 to 24:00.
package struct TimeOfDay: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// 0 to 1440; 1440 is `24:00`, the end of the day.
  package let minutes: Int

  /// Nil outside 0 to 1440.
  package init?(minutes: Int) {
    guard (0...1440).contains(minutes) else { return nil }
    self.minutes = minutes
  }

  private init(trusted minutes: Int) {
    self.minutes = minutes
  }

  package static let startOfDay = TimeOfDay(trusted: 0)
  package static let endOfDay = TimeOfDay(trusted: 1440)

  /// `09:05`.
  package var description: String {
    let (hour, minute) = minutes.quotientAndRemainder(dividingBy: 60)
    return "\(hour < 10 ? "0" : "")\(hour):\(minute < 10 ? "0" : "")\(minute)"
  }

  package static func < (left: TimeOfDay, right: TimeOfDay) -> Bool {
    left.minutes < right.minutes
  }
}
