internal import Time

/// The starts of a cron schedule, one after the other: the clock of a day is looked up once, and not again
/// for each of its starts.
struct CronStarts {
  private let schedule: CronSchedule
  private let zone: any TimeZoneRules
  /// The last answer, and what it was asked for.
  private var latest: (after: Instant, start: Instant)?
  /// Of the last answer.
  private var day: LocalDay?

  init(of schedule: CronSchedule, in zone: any TimeZoneRules) {
    self.schedule = schedule
    self.zone = zone
  }

  /// The earliest start after an instant; `distantFuture` for none.
  mutating func first(after instant: Instant) -> Instant {
    if let latest, latest.after <= instant, instant < latest.start { return latest.start }
    let start = search(after: instant)
    latest = (instant, start)
    return start
  }

  private mutating func search(after instant: Instant) -> Instant {
    if let day, day.holdsOnly(instant), let start = day.first(of: schedule, after: instant) {
      return start
    }
    guard let found = schedule.first(after: instant, in: zone) else { return .distantFuture }
    day = found.day
    return found.start
  }
}
