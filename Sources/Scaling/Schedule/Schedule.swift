package import Time

/// A weekly and dated timetable of replicas (EasyScale's rules, design section 1).
package struct Schedule: Hashable, Sendable {
  /// IANA name, the zone of every rule that names none.
  package var timeZone: String
  /// Replicas while no rule with `replicas` matches.
  package var defaultReplicas: Int
  package var rules: [ScheduleRule]

  package init(timeZone: String = "UTC", defaultReplicas: Int = 0, rules: [ScheduleRule] = []) {
    self.timeZone = timeZone
    self.defaultReplicas = defaultReplicas
    self.rules = rules
  }
}

/// One row of a schedule: on these days or dates, between these times, at least `replicas` and at
/// most `atMost`; or so much more than everything else asks for.
package struct ScheduleRule: Hashable, Sendable {
  package var name: String
  /// Days on which a window starts; empty for any. With `dates` too, both must match.
  package var days: Set<Weekday>
  /// Dates on which a window starts; empty for any.
  package var dates: Set<CivilDate>
  /// Inclusive.
  package var start: TimeOfDay
  /// Exclusive; at or before `start` it is a time of the next day.
  package var end: TimeOfDay
  /// The floor while the rule applies; nil for a rule without one.
  package var replicas: Int?
  /// Relative replicas: the factor, while the rule applies, on the maximum of what the signals and
  /// this schedule's floors ask for; nil for none.
  @Rare package var increase: RelativeReplicas?
  /// The cap on the whole answer while the rule applies; nil for none.
  package var atMost: Int?
  /// Of two matching rules the one with the higher priority wins, then the earlier one. Floors,
  /// factors and caps are chosen separately.
  package var priority: Int
  /// IANA name; nil for the schedule's.
  package var timeZone: String?
  /// Says when the rule applies, instead of days, dates, start and end.
  @Rare package var cron: CronWindow?
  /// Says more of when it applies; with days and dates, all of it has to match.
  @Rare package var conditions: DateConditions?

  package init(
    name: String, days: Set<Weekday> = [], dates: Set<CivilDate> = [],
    start: TimeOfDay = .startOfDay, end: TimeOfDay = .endOfDay, replicas: Int? = nil,
    atMost: Int? = nil, priority: Int = 0, timeZone: String? = nil, cron: CronWindow? = nil,
    conditions: DateConditions? = nil, increase: RelativeReplicas? = nil
  ) {
    self.name = name
    self.days = days
    self.dates = dates
    self.start = start
    self.end = end
    self.replicas = replicas
    self.atMost = atMost
    self.priority = priority
    self.timeZone = timeZone
    self.cron = cron
    self.conditions = conditions
    self.increase = increase
  }
}
