internal import Scaling

/// Decodes one schedule and looks for mistakes in it.
struct ScheduleDecoder {
  /// The policy's.
  let limits: ReplicaLimits
  let decoder: ManifestDecoder

  /// Nil after an error has been reported.
  func decode(_ value: ManifestValue) -> Schedule? {
    guard let fields = value.mapping() else { return nil }
    let errorsBefore = value.report.errorCount
    let zone = fields.optional("timeZone").map { timeZone($0) }
    let defaultField = fields.optional("default")
    let standard = defaultField?.integer(in: ManifestLimits.replicas)
    let items = fields.optional("rules")?.list(atMost: ManifestLimits.rules) ?? []
    fields.reportUnknown()
    let rules = items.enumerated().map { index, item in rule(item, number: index + 1) }

    if let defaultField, let standard { warnOfLimits(standard, of: defaultField) }
    if items.isEmpty {
      value.warning("has no rules, so that it asks for \(standard ?? 0) at any time")
    }
    guard value.report.errorCount == errorsBefore else { return nil }
    let schedule = Schedule(
      timeZone: zone.flatMap(\.self) ?? "UTC", defaultReplicas: standard ?? 0,
      rules: rules.compactMap(\.self))
    ScheduleWarnings(schedule: schedule, rules: items)
      .report(decoder.audits.findings(of: schedule))
    return schedule
  }

  private func rule(_ value: ManifestValue, number: Int) -> ScheduleRule? {
    guard let fields = value.mapping() else { return nil }
    var rule = ScheduleRule(name: fields.optional("name")?.title() ?? "rule \(number)")
    let days = fields.optional("days")
    let dates = fields.optional("dates")
    rule.days = Set(items(of: days, meaning: "day").compactMap { $0.weekday() })
    rule.dates = Set(items(of: dates, meaning: "date").compactMap { $0.date() })
    readTimes(fields, into: &rule)
    let floor = fields.optional("replicas")
    let cap = fields.optional("atMost")
    rule.replicas = floor?.integer(in: ManifestLimits.replicas)
    rule.atMost = cap?.integer(in: ManifestLimits.replicas)
    rule.priority = fields.optional("priority")?.integer(in: Int.min...Int.max) ?? 0
    rule.timeZone = fields.optional("timeZone").flatMap { timeZone($0) }
    fields.reportUnknown()
    if floor == nil, cap == nil {
      value.error("expected replicas or atMost or both, found neither")
    }
    if let floor, let replicas = rule.replicas { warnOfLimits(replicas, of: floor) }
    if let cap, let atMost = rule.atMost, atMost < limits.minReplicas {
      cap.warning("\(atMost) is below minReplicas, so that \(limits.minReplicas) will hold")
    }
    return rule
  }

  /// The items of `days` or `dates`. Absent means every one; an empty list, which may have been
  /// meant as none, gets a warning.
  func items(of field: ManifestValue?, meaning word: String) -> [ManifestValue] {
    guard let field, let items = field.list(atMost: ManifestLimits.dates) else { return [] }
    if items.isEmpty { field.warning("an empty list means every \(word); leave the field out") }
    return items
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

  /// The name of a time zone that exists.
  func timeZone(_ value: ManifestValue) -> String? {
    let expected = "an IANA time zone such as Europe/Paris"
    guard let name = value.text(expected: expected) else { return nil }
    guard decoder.zones.timeZone(named: name) == nil else { return name }
    value.error(
      expected: expected,
      hint: decoder.zones.suggestion(for: name).map { "did you mean \($0)?" })
    return nil
  }

  func warnOfLimits(_ replicas: Int, of field: ManifestValue) {
    if replicas < limits.minReplicas {
      field.warning("\(replicas) is below minReplicas, so that \(limits.minReplicas) will hold")
    } else if let most = limits.maxReplicas, replicas > most {
      field.warning("\(replicas) is above maxReplicas, so that \(most) will hold")
    }
  }
}
