internal import Scaling
internal import Time

/// Decodes one schedule and looks for mistakes in it.
struct ScheduleDecoder {
  /// The policy's.
  let limits: ReplicaLimits
  let decoder: ManifestDecoder
  /// The namespace of the policy.
  var namespace: String?
  /// Those that rules name.
  private(set) var calendars: [CalendarReference] = []
  /// The schedule, if rules of it name some.
  private(set) var calendarSchedule: CalendarSchedule?

  init(limits: ReplicaLimits, decoder: ManifestDecoder, namespace: String? = nil) {
    self.limits = limits
    self.decoder = decoder
    self.namespace = namespace
  }

  /// Nil after an error has been reported.
  mutating func decode(_ value: ManifestValue) -> Schedule? {
    guard let fields = value.mapping() else { return nil }
    let errorsBefore = value.report.errorCount
    let zone = fields.optional("timeZone").map { timeZone($0) }
    let defaultField = fields.optional("default")
    let standard = defaultField?.replicas()
    let items = fields.optional("rules")?.list(atMost: ManifestLimits.rules) ?? []
    fields.reportUnknown(elsewhere: PolicyFieldHome.advice)
    var rules: [ScheduleRule?] = []
    for (index, item) in items.enumerated() { rules.append(rule(item, number: index + 1)) }

    if let defaultField, let standard { warnOfLimits(standard, of: defaultField) }
    // What stands beside the rules in error was to be one.
    if items.isEmpty, value.report.errorCount == errorsBefore {
      value.warning("has no rules, so that it asks for \(standard ?? 0) at any time")
    }
    guard value.report.errorCount == errorsBefore else { return nil }
    let schedule = Schedule(
      timeZone: zone.flatMap(\.self) ?? "UTC", defaultReplicas: standard ?? 0,
      rules: rules.compactMap(\.self))
    ScheduleWarnings(schedule: schedule, rules: items)
      .report(decoder.audits.findings(of: schedule))
    if !calendars.isEmpty {
      calendarSchedule = CalendarSchedule(
        schedule: schedule, path: value.path, rules: items.map(\.node.position))
    }
    return schedule
  }

  private mutating func rule(_ value: ManifestValue, number: Int) -> ScheduleRule? {
    guard let fields = value.mapping() else { return nil }
    var rule = ScheduleRule(name: fields.optional("name")?.title() ?? "rule \(number)")
    let days = fields.optional("days")
    let dates = fields.optional("dates")
    rule.days = Set(items(of: days, meaning: "day").flatMap { $0.weekdays() })
    var conditions = DateConditions()
    for item in items(of: dates, meaning: "date") {
      switch item.dateForm() {
      case .date(let date): rule.dates.insert(date)
      case .span(let span): conditions.spans.append(span)
      case nil: break
      }
    }
    let months = fields.optional("months")
    conditions.months = Set(items(of: months, meaning: "month").flatMap { $0.months() })
    let calendar = fields.optional("calendar")
    conditions.calendar = calendar.flatMap { self.calendar($0) }
    for item in fields.optional("except")?.list(atMost: ManifestLimits.dates) ?? [] {
      if item.node.kind == .mapping {
        if let use = exceptedCalendar(item) { conditions.except.calendars.append(use) }
      } else {
        item.exception(into: &conditions.except)
      }
    }
    readBounds(fields, into: &conditions)
    if conditions != DateConditions() { rule.conditions = conditions }
    readTimes(fields, into: &rule)
    let cron = fields.optional("cron")
    rule.cron = cron?.cronWindow()
    if let cron,
      let field = fields.first("days", "dates", "start", "end", "months", "calendar")
    {
      let name = field.path.split(separator: ".").last ?? ""
      cron.error(
        "\(name) is given too; cron says when the rule applies, and only from, to and except limit that"
      )
    }
    let floor = fields.optional("replicas")
    let cap = fields.optional("atMost")
    switch floor?.ruleReplicas() {
    case .floor(let replicas): rule.replicas = replicas
    case .relative(let increase): rule.increase = increase
    case nil: break
    }
    rule.atMost = cap?.replicas()
    rule.priority = fields.optional("priority")?.integer(in: Int.min...Int.max) ?? 0
    rule.timeZone = fields.optional("timeZone").flatMap { timeZone($0) }
    fields.reportUnknown(elsewhere: PolicyFieldHome.advice)
    if floor == nil, cap == nil {
      value.error("expected replicas or atMost or both, found neither")
    }
    if let floor, let replicas = rule.replicas { warnOfLimits(replicas, of: floor) }
    if let cap, let atMost = rule.atMost, atMost < limits.minReplicas {
      cap.warning("\(atMost) is below minReplicas, so that \(limits.minReplicas) will hold")
    }
    return rule
  }

  private mutating func calendar(_ value: ManifestValue) -> CalendarUse? {
    guard let name = value.objectName() else { return nil }
    calendars.append(
      CalendarReference(
        name: name, namespace: namespace, position: value.node.position, path: value.path))
    return CalendarUse(name: name)
  }

  /// `{calendar: holidays}` among what is excepted.
  private mutating func exceptedCalendar(_ value: ManifestValue) -> CalendarUse? {
    guard let fields = value.mapping() else { return nil }
    let name = fields.required("calendar")
    fields.reportUnknown()
    return name.flatMap { calendar($0) }
  }

  /// The items of `days` or `dates`. Absent means every one; an empty list, which may have been
  /// meant as none, gets a warning.
  func items(of field: ManifestValue?, meaning word: String) -> [ManifestValue] {
    guard let field, let items = field.list(atMost: ManifestLimits.dates) else { return [] }
    if items.isEmpty { field.warning("an empty list means every \(word); leave the field out") }
    return items
  }

  private func readBounds(_ fields: ManifestFields, into conditions: inout DateConditions) {
    let to = fields.optional("to")
    conditions.from = fields.optional("from")?.instant()
    conditions.to = to?.instant()
    if let to, let from = conditions.from, let end = conditions.to, end <= from {
      to.error("expected an instant after from, which is \(from.rfc3339), found \(end.rfc3339)")
    }
  }

  private func readTimes(_ fields: ManifestFields, into rule: inout ScheduleRule) {
    let start = fields.optional("start")
    let end = fields.optional("end")
    rule.start = start?.timeOfDay() ?? .startOfDay
    rule.end = end?.timeOfDay() ?? .endOfDay
    if let start, rule.start == .endOfDay {
      start.error("24:00 is an end; a window that starts at midnight starts at \"00:00\"")
    } else if let field = end ?? start, rule.start == rule.end {
      field.error(
        "start and end are both \(rule.start); "
          + "for the whole day leave both out, or write start: \"00:00\" and end: \"24:00\"")
    }
  }

  func timeZone(_ value: ManifestValue) -> String? {
    value.timeZone(decoder.zones)
  }

  func warnOfLimits(_ replicas: Int, of field: ManifestValue) {
    if replicas < limits.minReplicas {
      field.warning("\(replicas) is below minReplicas, so that \(limits.minReplicas) will hold")
    } else if let most = limits.maxReplicas, replicas > most {
      field.warning("\(replicas) is above maxReplicas, so that \(most) will hold")
    }
  }
}
