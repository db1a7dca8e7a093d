package import Time

/// What a cron rule does, as KEDA does it, that its author hardly expects; with the first time.
package enum CronSurprise: Hashable, Sendable {
  /// After its end, `at`, the rule still applies, because another end comes before the next start.
  case staysActive(at: ScheduleAudit.Moment, until: ScheduleAudit.Moment)
  /// After its start, `at`, the rule does not apply, because another start comes before the next end.
  case startsWithoutEffect(at: ScheduleAudit.Moment, next: ScheduleAudit.Moment)
  /// The clock skips the start, or else the end, of that day.
  case skipped(isStart: Bool, at: ScheduleAudit.Moment)
  /// The clock shows the start, or else the end, of that day twice.
  case repeated(isStart: Bool, at: ScheduleAudit.Moment)

  /// How many starts and ends of one rule are looked at. A rule that has more within the horizon has
  /// shown by then what it does.
  static let longestWalk = 4096
  /// Of a rule that starts more often than this in a day, one start more or less is no surprise.
  fileprivate static let mostTimesPerDay = 12

  /// Orders the surprises of one rule.
  var position: Int {
    switch self {
    case .staysActive: 0
    case .startsWithoutEffect: 1
    case .skipped(let isStart, _): isStart ? 2 : 3
    case .repeated(let isStart, _): isStart ? 4 : 5
    }
  }
}

extension CronSurprise {
  /// What happens, when first, and what to do.
  ///
  /// - Parameter rule: what the rule is called, as the subject of a sentence.
  package func sentence(about rule: String) -> String {
    switch self {
    case .staysActive(let at, let until):
      "\(rule) still applies after its end on \(at), until \(until): as in KEDA it applies while its"
        + " next end comes before its next start; let end occur once after each start"
    case .startsWithoutEffect(let at, let next):
      "\(rule) does not apply after its start on \(at): as in KEDA it applies while its next end"
        + " comes before its next start, and it starts again on \(next); let start occur once"
        + " before each end"
    case .skipped(let isStart, let at):
      "the \(isStart ? "start" : "end") of \(rule) on \(at) is skipped, as in KEDA: the clock goes"
        + " forward over that time"
    case .repeated(let isStart, let at):
      "\(rule) \(isStart ? "starts" : "ends") twice on \(at), as in KEDA: the clock goes back and"
        + " shows that time again"
    }
  }
}

extension Schedule {
  /// Sentences about the cron rules of a schedule whose zones exist.
  package func cronSurprises(from now: Instant, zones: any TimeZoneDatabase) -> [String] {
    guard let zones = try? ScheduleZones(of: self, in: zones) else { return [] }
    return cronFindings(from: now, in: zones).compactMap { finding in
      guard case .cron(_, let surprise) = finding else { return nil }
      return surprise.sentence(about: "the cron trigger")
    }
  }

  /// The first of each kind for every cron rule.
  func cronFindings(from now: Instant, in zones: ScheduleZones) -> [ScheduleAudit.Finding] {
    rules.indices.flatMap { index -> [ScheduleAudit.Finding] in
      guard let cron = rules[index].cron else { return [] }
      let search = CronSearch(
        cron: cron, zone: zones.zone(ofRule: index),
        name: rules[index].timeZone ?? timeZone, now: now)
      return search.surprises().map { .cron(rule: index, $0) }
    }
  }
}

/// Looks for the surprises of one rule.
private struct CronSearch {
  let cron: CronWindow
  let zone: any TimeZoneRules
  /// Of the zone.
  let name: String
  let now: Instant

  private var end: Instant { now.advanced(by: ScheduleAudit.horizon) }

  func surprises() -> [CronSurprise] {
    let changes = cron.changes(
      from: now, to: end, in: zone, limit: CronSurprise.longestWalk)
    var found: [CronSurprise] = []
    let pairs = zip(changes, changes.dropFirst())
    if let (change, next) = pairs.first(where: { $0.0.isActive && !$0.0.isStart }) {
      found.append(.staysActive(at: moment(change.at), until: moment(next.at)))
    }
    if let (change, next) = pairs.first(where: { !$0.0.isActive && !$0.0.isEnd }) {
      found.append(.startsWithoutEffect(at: moment(change.at), next: moment(next.at)))
    }
    return found + clockSurprises(of: cron.start, isStart: true)
      + clockSurprises(of: cron.end, isStart: false)
  }

  /// What changes of the clock do to the times of one of the two schedules.
  private func clockSurprises(of schedule: CronSchedule, isStart: Bool) -> [CronSurprise] {
    guard schedule.timesPerDay <= CronSurprise.mostTimesPerDay else { return [] }
    var skipped: CronSurprise?
    var repeated: CronSurprise?
    for day in zone.date(at: now).daysSince1970...zone.date(at: end).daysSince1970 {
      for (time, instants) in LocalDay(day, in: zone).changedTimes(of: schedule) {
        let date = CivilDate(daysSince1970: day)
        switch instants {
        case .unique:
          break
        case .skipped(let change) where change > now:
          let at = ScheduleAudit.Moment(at: change, date: date, time: time, timeZone: name)
          skipped = skipped ?? .skipped(isStart: isStart, at: at)
        case .repeated(let first, _) where first > now:
          let at = ScheduleAudit.Moment(at: first, date: date, time: time, timeZone: name)
          repeated = repeated ?? .repeated(isStart: isStart, at: at)
        case .skipped, .repeated:
          break
        }
      }
    }
    return [skipped, repeated].compactMap(\.self)
  }

  private func moment(_ instant: Instant) -> ScheduleAudit.Moment {
    ScheduleAudit.Moment(at: instant, in: zone, named: name)
  }
}

extension ScheduleAudit.Moment {
  /// What the clock of a zone shows at an instant.
  init(at instant: Instant, in zone: any TimeZoneRules, named name: String) {
    let local = zone.local(at: instant)
    self.init(at: instant, date: local.date, time: local.time, timeZone: name)
  }
}
