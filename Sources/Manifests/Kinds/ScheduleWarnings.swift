internal import Scaling
internal import Time

/// Reports what `ScheduleAudit` finds in a schedule, each at its rule.
struct ScheduleWarnings {
  let schedule: Schedule
  /// The rules as they are written, in the schedule's order.
  let rules: [ManifestValue]

  func report(_ findings: [ScheduleAudit.Finding]) {
    var names: [String: SourcePosition] = [:]
    for (rule, value) in zip(schedule.rules, rules) {
      let first = names[rule.name]
      names[rule.name] = first ?? value.node.position
      // A rule of several ranges of time is several rules here.
      guard let first, first != value.node.position else { continue }
      value.warning("another rule is named \(quoted(rule.name)) already")
    }
    let sentences = ScheduleSentences(schedule: schedule)
    for finding in findings {
      let (rule, sentence) = sentences.describe(finding)
      guard rules.indices.contains(rule) else { continue }
      rules[rule].warning(sentence)
    }
  }
}

/// What `ScheduleAudit` finds in a schedule, in words.
struct ScheduleSentences {
  let schedule: Schedule

  /// The rule that a finding is reported at, and the sentence about it.
  func describe(_ finding: ScheduleAudit.Finding) -> (rule: Int, sentence: String) {
    switch finding {
    case .overlap(let first, let second, let role, let moment):
      let priority = schedule.rules[second].priority
      return (
        second,
        "\(name(second)) and \(name(first)) both set \(field(role)) with priority \(priority) "
          + "on \(moment); \(name(first)) wins because it comes first"
      )
    case .neverWins(let rule, let role, let other, let moment):
      return (
        rule,
        "\(name(rule)) never sets \(field(role)): another rule always wins, "
          + "such as \(name(other)) with priority \(schedule.rules[other].priority) on \(moment)"
      )
    case .neverMatches(let rule):
      return (
        rule,
        "\(name(rule)) never matches: "
          + (schedule.rules[rule].conditions != nil
            ? "no day of the coming eight years is one of its days, months and dates"
            : schedule.rules[rule].dates.isEmpty || schedule.rules[rule].days.isEmpty
              ? "the clock skips its times on all its dates"
              : "none of its dates is one of its days")
      )
    case .excludedDate(let rule, let date):
      return (
        rule,
        "\(name(rule)) does not match on \(date), a \(date.weekday.rawValue), "
          + "which is not one of its days"
      )
    case .onlyInPast(let rule, let last):
      return (rule, "\(name(rule)) never matches again: its last date was \(last)")
    case .endsMinuteEarly(let rule, let next):
      let instead = next.map { schedule.rules[$0].start } ?? .endOfDay
      return (
        rule,
        "\(name(rule)) ends one minute before "
          + (next.map { "\(name($0)) begins" } ?? "midnight")
          + ", and an end does not belong to the rule: write \"\(instead)\" if no minute is to be"
          + " left out"
      )
    case .cron(let rule, let surprise):
      return (rule, surprise.sentence(about: name(rule)))
    case .capBelowFloor(let cap, let floor, let moment):
      let atMost = schedule.rules[cap].atMost ?? 0
      let lower =
        floor.map { "the replicas of \(name($0)), \(schedule.rules[$0].replicas ?? 0)," }
        ?? "the default, \(schedule.defaultReplicas),"
      return (
        cap,
        "the atMost of \(name(cap)), \(atMost), is below \(lower) on \(moment); atMost wins"
      )
    }
  }

  private func name(_ rule: Int) -> String {
    quoted(schedule.rules[rule].name)
  }

  private func field(_ role: ScheduleAudit.Role) -> String {
    switch role {
    case .floor: "replicas"
    case .increase: "relative replicas"
    case .cap: "atMost"
    }
  }
}
