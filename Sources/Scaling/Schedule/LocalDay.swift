internal import Time

/// One local day of a time zone, and the instants of it at which a cron schedule starts.
struct LocalDay {
  /// Days since 1970.
  let number: Int
  private let zone: any TimeZoneRules
  /// The instant of midnight, if the clock does not change on this day.
  private let midnight: Instant?

  /// - Parameter number: days since 1970.
  init(_ number: Int, in zone: any TimeZoneRules) {
    self.number = number
    self.zone = zone
    let date = CivilDate(daysSince1970: number)
    guard case .unique(let first) = zone.instants(of: date, .startOfDay),
      case .unique(let next) = zone.instants(of: date, .endOfDay),
      first.duration(to: next) == .seconds(86_400)
    else {
      midnight = nil
      return
    }
    midnight = first
  }

  /// Whether an instant is of this day, and the clock shows none of its times, and none of the next day's,
  /// on another one: what starts first after it on this day starts first of all days.
  func holdsOnly(_ instant: Instant) -> Bool {
    midnight.map { $0 <= instant } ?? false
  }

  /// The earliest start after an instant; nil for none on this day, which has to match.
  func first(of schedule: CronSchedule, after instant: Instant) -> Instant? {
    guard let midnight else { return starts(of: schedule).first { $0 > instant } }
    let next = max(Self.wholeMinutes(midnight.duration(to: instant)) + 1, 0)
    guard next < 1440, let time = schedule.firstTime(notBefore: next) else { return nil }
    return midnight.advanced(by: .seconds(60 * time))
  }

  /// The latest start at an instant or before it; nil for none on this day, which has to match.
  func last(of schedule: CronSchedule, notAfter instant: Instant) -> Instant? {
    guard let midnight else { return starts(of: schedule).last { $0 <= instant } }
    let now = min(Self.wholeMinutes(midnight.duration(to: instant)), 1439)
    guard now >= 0, let time = schedule.lastTime(notAfter: now) else { return nil }
    return midnight.advanced(by: .seconds(60 * time))
  }

  /// What a change of the clock does to the times of a schedule on this day, in order; nothing where
  /// the clock does not change.
  func changedTimes(of schedule: CronSchedule) -> [(time: TimeOfDay, instants: LocalInstants)] {
    guard midnight == nil, schedule.matches(number) else { return [] }
    return times(of: schedule).filter {
      if case .unique = $0.instants { false } else { true }
    }
  }

  private func starts(of schedule: CronSchedule) -> [Instant] {
    times(of: schedule).flatMap { (_, instants) -> [Instant] in
      switch instants {
      case .unique(let instant): [instant]
      case .skipped: []
      case .repeated(let first, let second): [first, second]
      }
    }.sorted()
  }

  private func times(
    of schedule: CronSchedule
  ) -> [(time: TimeOfDay, instants: LocalInstants)] {
    let date = CivilDate(daysSince1970: number)
    var times: [(time: TimeOfDay, instants: LocalInstants)] = []
    var minute = 0
    while let next = schedule.firstTime(notBefore: minute), let time = TimeOfDay(minutes: next) {
      times.append((time, zone.instants(of: date, time)))
      minute = next + 1
      guard minute < 1440 else { break }
    }
    return times
  }

  /// Rounded down.
  private static func wholeMinutes(_ duration: Duration) -> Int {
    let seconds = duration.milliseconds
    return Int(seconds / 60_000) - (seconds % 60_000 < 0 ? 1 : 0)
  }
}
