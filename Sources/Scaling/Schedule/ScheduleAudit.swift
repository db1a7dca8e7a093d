package import Time

/// Finds what is probably a mistake in a schedule that is valid: rules that contradict each other,
/// never win, or never apply.
///
/// Looks at every window of the next `horizon`, and beyond it at the dates that rules name. Pure
/// like the rest of the target; meant for validation, not for the path of a request.
package enum ScheduleAudit {
  /// 400 days: every clock change of a year, and every week of it.
  package static let horizon = Duration.seconds(400 * 86_400)

  /// More overlaps than this are not listed: the list has long made its point.
  package static let maximumOverlaps = 100

  /// What a rule contributes: `replicas`, as a number or relative, or `atMost`.
  package enum Role: Int, Hashable, Sendable, CaseIterable {
    case floor
    case increase
    case cap
  }

  /// Rules are indices into the schedule's rules.
  package enum Finding: Hashable, Sendable {
    /// Two rules of one priority apply at once and contribute the same; the earlier rule, `first`,
    /// wins.
    case overlap(first: Int, second: Int, role: Role, at: Moment)
    /// Whenever the rule applies, another one decides: a higher priority, or an earlier rule of
    /// the same. `shadowedBy` is the one that does so first.
    case neverWins(rule: Int, role: Role, shadowedBy: Int, at: Moment)
    /// No window of the rule exists: `days` excludes all its dates, or the clock skips them.
    case neverMatches(rule: Int)
    /// `days` excludes one of the rule's dates, but not all.
    case excludedDate(rule: Int, date: CivilDate)
    /// The rule has dates, the last of which is over.
    case onlyInPast(rule: Int, last: CivilDate)
    /// The rule ends a minute before midnight, or before another rule, `next`, begins: as if its end
    /// were inclusive. `next` is nil for midnight.
    case endsMinuteEarly(rule: Int, next: Int?)
    /// KEDA's rule of cron triggers does what its author hardly expects.
    case cron(rule: Int, CronSurprise)
    /// The cap lies below the floor that is in force with it, and wins. A nil `floor` is the
    /// schedule's default; both can be the same rule.
    case capBelowFloor(cap: Int, floor: Int?, at: Moment)
  }

  /// An example of when: the beginning or the end of a window, as its rule's clock shows it.
  package struct Moment: Hashable, Sendable, CustomStringConvertible {
    package let at: Instant
    package let date: CivilDate
    package let time: TimeOfDay
    /// IANA name.
    package let timeZone: String

    package init(at: Instant, date: CivilDate, time: TimeOfDay, timeZone: String) {
      self.at = at
      self.date = date
      self.time = time
      self.timeZone = timeZone
    }

    /// `Friday 2026-11-27 09:00 Europe/Paris`.
    package var description: String {
      "\(date.weekday.rawValue) \(date) \(time) \(timeZone)"
    }
  }

  /// Everything worth a warning, in the order of the rules, for windows that end after `now`.
  ///
  /// - Throws: `UnknownTimeZone`, which validation reports by itself.
  package static func findings(
    of schedule: Schedule, zones database: any TimeZoneDatabase, from now: Instant
  ) throws(UnknownTimeZone) -> [Finding] {
    let zones = try ScheduleZones(of: schedule, in: database)
    var findings = schedule.dateFindings(from: now, in: zones) + schedule.endFindings()
    findings += schedule.cronFindings(from: now, in: zones)
    var sweep = AuditSweep(schedule: schedule, now: now, zones: zones)
    findings += sweep.findings(of: schedule.auditedWindows(from: now, in: zones))
    return findings.sorted { $0.position < $1.position }
  }
}

extension ScheduleAudit.Finding {
  /// What it is about, whenever that happens first.
  package var subject: [Int] {
    let position = position
    return [position.0, position.1, position.2]
  }

  /// The rule that the finding is about, the kind of finding, and the other rule: a total order.
  fileprivate var position: (Int, Int, Int) {
    switch self {
    case .neverMatches(let rule): (rule, 0, 0)
    case .excludedDate(let rule, let date): (rule, 1, date.daysSince1970)
    case .onlyInPast(let rule, _): (rule, 2, 0)
    case .endsMinuteEarly(let rule, let next): (rule, 2, 1 + (next ?? -1))
    case .overlap(let first, let second, _, _): (second, 3, first)
    case .neverWins(let rule, let role, _, _): (rule, 4, role.rawValue)
    case .capBelowFloor(let cap, let floor, _): (cap, 6, floor ?? -1)
    case .cron(let rule, let surprise): (rule, 7, surprise.position)
    }
  }
}

extension Schedule {
  /// What can be said of a rule's dates alone.
  fileprivate func dateFindings(
    from now: Instant, in zones: ScheduleZones
  ) -> [ScheduleAudit.Finding] {
    var findings: [ScheduleAudit.Finding] = []
    for (index, rule) in rules.enumerated() where rule.cron == nil {
      guard rule.start != rule.end else {
        findings.append(.neverMatches(rule: index))
        continue
      }
      guard rule.conditions == nil else {
        // What a calendar says is not known when a schedule is checked.
        if rule.conditions?.calendar == nil,
          !rule.matchesSoon(from: now, in: zones.zone(ofRule: index))
        {
          findings.append(.neverMatches(rule: index))
        }
        continue
      }
      guard !rule.dates.isEmpty else { continue }
      let weekdays = WeekdaySet(rule.days)
      var last: (date: CivilDate, closes: Instant)?
      var excluded: [CivilDate] = []
      for date in rule.dates.sorted() {
        guard weekdays.contains(dayNumber: date.daysSince1970) else {
          excluded.append(date)
          continue
        }
        let zone = zones.zone(ofRule: index)
        if let window = zone.window(of: rule, on: date, repeatedEnd: .last) {
          last = (date, window.closes)
        }
      }
      guard let last else {
        findings.append(.neverMatches(rule: index))
        continue
      }
      findings += excluded.map { .excludedDate(rule: index, date: $0) }
      if last.closes <= now { findings.append(.onlyInPast(rule: index, last: last.date)) }
    }
    return findings
  }

  /// Ends that lie a minute before what follows. An end is exclusive.
  fileprivate func endFindings() -> [ScheduleAudit.Finding] {
    rules.indices.compactMap { index in
      let next = rules[index].end.minutes + 1
      if next == 24 * 60 { return .endsMinuteEarly(rule: index, next: nil) }
      let zone = rules[index].timeZone ?? timeZone
      let follower = rules.indices.first {
        $0 != index && rules[$0].start.minutes == next && rules[$0].timeZone ?? timeZone == zone
          && rules[$0].contributes(.floor) == rules[index].contributes(.floor)
      }
      return follower.map { .endsMinuteEarly(rule: index, next: $0) }
    }
  }

  /// Every window that ends after `now` and starts within the horizon or around a date that a
  /// rule names beyond it. The repeated hour counts once, see `RepeatedEnd.first`.
  fileprivate func auditedWindows(from now: Instant, in zones: ScheduleZones) -> [RuleWindow] {
    let near = zones.days(from: now, to: now.advanced(by: ScheduleAudit.horizon))
    let lastNearDay = near.map(\.upperBound).max() ?? 0
    var farDays: Set<Int> = []
    for rule in rules {
      for date in rule.dates where date.daysSince1970 > lastNearDay {
        // Two days around it, for rules of other zones and windows across midnight.
        farDays.formUnion((date.daysSince1970 - 2)...(date.daysSince1970 + 2))
      }
    }

    var windows: [RuleWindow] = []
    for (index, rule) in rules.enumerated() {
      let zone = zones.zone(ofRule: index)
      let days = near[zones.indexOfRule[index]]
      guard rule.cron == nil else {
        let found = rule.windows(
          from: now, to: now.advanced(by: ScheduleAudit.horizon), days: days, in: zone,
          repeatedEnd: .first, cronLimit: CronSurprise.longestWalk)
        windows += found.map {
          RuleWindow(rule: index, date: $0.date, opens: $0.opens, closes: $0.closes)
        }
        continue
      }
      var dates = rule.startDates(in: days)
      for day in farDays where !days.contains(day) {
        dates += rule.startDates(in: day...day)
      }
      for date in dates {
        guard let window = zone.window(of: rule, on: date, repeatedEnd: .first) else { continue }
        for part in rule.parts(of: window, on: date) where part.closes > now {
          windows.append(
            RuleWindow(rule: index, date: date, opens: part.opens, closes: part.closes))
        }
      }
    }
    return windows
  }
}

extension ScheduleRule {
  func contributes(_ role: ScheduleAudit.Role) -> Bool {
    switch role {
    case .floor: replicas != nil
    case .increase: increase != nil
    case .cap: atMost != nil
    }
  }

  /// Whether a window begins in the coming years: eight, because a leap day may be meant.
  fileprivate func matchesSoon(from now: Instant, in zone: any TimeZoneRules) -> Bool {
    let today = zone.date(at: now).daysSince1970
    return windows(
      from: now, to: .distantFuture, days: today - 1...today + 8 * 366, in: zone,
      repeatedEnd: .last
    ).contains { $0.closes > now }
  }
}
