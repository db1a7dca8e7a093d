internal import Scaling
internal import Time

/// `ScalingRule` of `easyscale.io/v1`: EasyScale's timetable of one workload.
///
/// Read as EasyScale reads it from files, and in the spelling of its CRD too (`time_ranges`,
/// `min_replicas`, `max_replicas`, `spec.timezone`). The present instant counts and no lead time,
/// so that its answers are EasyScale's.
enum ScalingRuleKind: ManifestKind {
  static let apiVersion = "easyscale.io/v1"
  static let kind = "ScalingRule"
  static let takesCapitals = true

  static func decode(
    spec: ManifestFields, metadata: ObjectMetadata, decoder: ManifestDecoder
  ) -> ManifestObject? {
    let target = spec.required("target")
    let defaults = spec.required("default")
    let limits = spec.optional("limits").flatMap(limits) ?? ReplicaLimits()
    let calendar = ScheduleDecoder(limits: limits, decoder: decoder)
    let zoneField = spec.optional("timezone")
    let zone = zoneField.flatMap { $0.timeZone(calendar.decoder.zones, inAnyCase: true) }
    if let zone, zone != "UTC" {
      zoneField?.warning(
        "EasyScale ignores it, and takes UTC for rules without a timezone; here it is \(zone)")
    }
    let field = spec.required("schedule")
    let items = field?.list(atMost: ManifestLimits.rules)
    spec.reportUnknown(as: .warning)

    var policy = Policy(
      name: metadata.name, leadTime: .zero, hold: decoder.defaults.hold, limits: limits,
      signals: [], whenUnavailable: decoder.defaults.whenUnavailable, kind: .scalingRule)
    policy.scaleTarget = target.flatMap { self.target($0, of: metadata.name, decoder) }
    var schedule = Schedule(timeZone: zone ?? "UTC")
    schedule.defaultReplicas = defaults.flatMap { replicas($0, calendar) } ?? 0
    var sources: [ManifestValue] = []
    for (index, item) in (items ?? []).enumerated() {
      for rule in rules(item, number: index + 1, calendar) {
        schedule.rules.append(rule)
        sources.append(item)
      }
    }
    if items?.isEmpty == true { field?.error("expected at least one rule, found an empty list") }
    policy.signals = decoder.shared([Signal(name: "schedule", kind: .schedule(schedule))])
    if spec.value.report.errorCount == 0 {
      ScheduleWarnings(schedule: schedule, rules: sources)
        .report(decoder.audits.findings(of: schedule))
    }
    return ManifestObject(
      content: .policy(Shared(policy)), position: metadata.position, references: [])
  }

  private static func target(
    _ value: ManifestValue, of policy: ResourceName, _ decoder: ManifestDecoder
  ) -> ScaleTarget? {
    guard let fields = value.mapping() else { return nil }
    let kinds = ["Deployment", "StatefulSet"].map { (word: $0, meaning: $0) }
    let kind = fields.required("kind")?.choice(kinds)
    let name = fields.required("name")?.objectName()
    let field = fields.optional("namespace")
    let namespace = field?.namespaceName()
    fields.reportUnknown(as: .warning)
    if let field, let namespace, let own = policy.namespace, namespace != own {
      if decoder.foreignTargets.mayName(policy) {
        field.warning("the workload is in the namespace \(namespace), its rule in \(own)")
      } else {
        field.error(
          "expected a workload of the rule's own namespace \(own), found one of \(namespace); if the "
            + "rule may scale it, start Headstart with --direct-cross-namespace=\(policy)")
      }
    }
    guard let kind, let name else { return nil }
    return ScaleTarget(
      apiVersion: "apps/v1", kind: kind, name: name,
      // EasyScale's own default.
      namespace: namespace ?? policy.namespace ?? "default")
  }

  private static func replicas(_ value: ManifestValue, _ calendar: ScheduleDecoder) -> Int? {
    guard let fields = value.mapping() else { return nil }
    let field = fields.required("replicas")
    let replicas = field?.integer(in: ManifestLimits.replicas, orQuoted: true)
    fields.reportUnknown(as: .warning)
    if let field, let replicas { calendar.warnOfLimits(replicas, of: field) }
    return replicas
  }

  private static func limits(_ value: ManifestValue) -> ReplicaLimits? {
    guard let fields = value.mapping() else { return nil }
    let least = fields.oneOf("minReplicas", "min_replicas")
    let most = fields.oneOf("maxReplicas", "max_replicas")
    fields.reportUnknown(as: .warning)
    let limits = ReplicaLimits(
      minReplicas: least?.integer(in: ManifestLimits.replicas, orQuoted: true) ?? 0,
      maxReplicas: most?.integer(in: ManifestLimits.replicas, orQuoted: true))
    if let most, let maxReplicas = limits.maxReplicas, maxReplicas < limits.minReplicas {
      most.error(
        "expected at least minReplicas, which is \(limits.minReplicas), "
          + "found the number \(maxReplicas)")
      return nil
    }
    return limits
  }

  /// The rules that one item stands for: one for each range of time.
  private static func rules(
    _ value: ManifestValue, number: Int, _ calendar: ScheduleDecoder
  ) -> [ScheduleRule] {
    guard let fields = value.mapping() else { return [] }
    var rule = ScheduleRule(name: fields.optional("name")?.title() ?? "rule \(number)")
    rule.days = Set(
      calendar.items(of: fields.optional("days"), meaning: "day").flatMap { $0.weekdays() })
    rule.dates = Set(
      calendar.items(of: fields.optional("dates"), meaning: "date").compactMap { $0.date() })
    let start = fields.optional("timeStart")
    let end = fields.optional("timeEnd")
    let ranges = fields.optional("time_ranges")
    let replicas = fields.required("replicas")
    rule.replicas = replicas?.integer(in: ManifestLimits.replicas, orQuoted: true)
    rule.priority =
      fields.optional("priority")?.integer(in: Int.min...Int.max, orQuoted: true) ?? 0
    rule.timeZone = fields.optional("timezone").flatMap {
      $0.timeZone(calendar.decoder.zones, inAnyCase: true)
    }
    fields.reportUnknown(as: .warning)
    if let replicas, let count = rule.replicas { calendar.warnOfLimits(count, of: replicas) }
    guard let ranges, start == nil, end == nil else {
      ranges?.error("timeStart or timeEnd is given too; a rule has one or the other")
      return [rule.between(start, end, named: ("timeStart", "timeEnd"))]
    }
    let items = ranges.list(atMost: ManifestLimits.rules) ?? []
    guard !items.isEmpty else { return [rule] }
    ranges.warning(
      "EasyScale ignores them, and the rule lasts the whole day there; here they hold. timeStart and "
        + "timeEnd hold in both")
    return items.compactMap { item in
      guard let range = item.mapping() else { return nil }
      let bounds = (range.required("start"), range.required("end"))
      range.reportUnknown(as: .warning)
      return rule.between(bounds.0, bounds.1, named: ("start", "end"))
    }
  }
}

extension ScheduleRule {
  /// The rule between two times of the day, of which either may be open.
  fileprivate func between(
    _ start: ManifestValue?, _ end: ManifestValue?, named names: (start: String, end: String)
  ) -> ScheduleRule {
    var rule = self
    rule.start = start?.timeOfDay(withSeconds: true) ?? .startOfDay
    rule.end = end?.timeOfDay(withSeconds: true) ?? .endOfDay
    guard let field = end ?? start else { return rule }
    if rule.start == .endOfDay || rule.start == rule.end {
      field.error(
        "\(names.start) is \(rule.start) and \(names.end) \(rule.end), "
          + "which leaves no time between them")
    } else if rule.end < rule.start {
      field.warning(
        "\(names.end) is before \(names.start), so that the rule goes on to \(rule.end) of the "
          + "next day; EasyScale refuses it")
    }
    return rule
  }
}

extension ManifestFields {
  /// A field of two spellings, of which only one may be given.
  fileprivate func oneOf(_ name: StaticString, _ other: StaticString) -> ManifestValue? {
    let first = optional(name)
    let second = optional(other)
    if first != nil, let second { second.error("\(name) is given too; leave one of them out") }
    return first ?? second
  }
}
