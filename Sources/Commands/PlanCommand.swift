internal import CivilTime
internal import Configuration
internal import Glibc
internal import Planning
internal import Scaling
internal import Serving
internal import Telemetry
internal import Time

/// `headstart plan`: what policies will ask for, when and why, without a server.
struct PlanCommand {
  private let flags: FlagParser<PlanFlag>
  private let zones = CCTZDatabase()
  private let now = WallClock.now()

  /// Where neither `--to` nor `--at` says otherwise.
  private static let period = Duration.seconds(7 * 86_400)

  init(_ arguments: ArraySlice<String>) throws(UsageError) {
    flags = try FlagParser<PlanFlag>(arguments)
  }

  /// - Returns: the exit code.
  func run() throws -> Int32 {
    guard !flags.asksForHelp else {
      Command.write(Usage.plan, to: STDOUT_FILENO)
      return 0
    }
    guard !flags.operands.isEmpty else {
      throw UsageError("plan needs at least one manifest: headstart plan FILE…")
    }
    let (from, to) = try timeRange()
    let step = try step(from: from, to: to)
    let width = try CommandInput.chartWidth(value(.width))
    let policies = try CommandInput.choose(
      value(.policy),
      among: try CommandInput.policies(
        paths: flags.operands, leadTime: try leadTime(), zones: zones, now: now,
        showWarnings: true))
    guard policies.count == 1 || value(.svg) == nil else {
      throw UsageError(
        "a chart shows one policy, and \(CommandInput.list(policies)): name one with --policy")
    }
    let plans = try plans(of: policies, from: from, to: to)
    if let path = value(.svg), let plan = plans.first {
      try Command.write(chart(of: plan).text, toFile: path)
    }
    if flags.isOn(.json) {
      Command.write(json(plans, step: step), to: STDOUT_FILENO)
    } else {
      let texts = plans.map { text(of: $0, step: step, width: width) }
      Command.write(texts.joined(separator: "\n"), to: STDOUT_FILENO)
    }
    return 0
  }

  // MARK: Input

  private func value(_ flag: PlanFlag) -> String? {
    flags.values[flag]?.last
  }

  private var isAtOneInstant: Bool { value(.at) != nil }

  private func timeRange() throws(UsageError) -> (from: Instant, to: Instant) {
    if let at = value(.at) {
      guard value(.from) == nil, value(.to) == nil, value(.step) == nil else {
        throw UsageError("flag --at stands for one instant: leave --from, --to and --step out")
      }
      let at = try CommandInput.time(at, flag: "at", now: now)
      return (at, at.advanced(by: .milliseconds(1)))
    }
    // Plans begin with a whole minute when no one asks for anything else.
    var from = now.advanced(by: .milliseconds(-(now.milliseconds % 60_000)))
    if let text = value(.from) { from = try CommandInput.time(text, flag: "from", now: now) }
    var to = from.advanced(by: Self.period)
    if let text = value(.to) { to = try CommandInput.time(text, flag: "to", now: now) }
    guard from < to else {
      throw UsageError("the period is reversed: it begins \(from.rfc3339) and ends \(to.rfc3339)")
    }
    guard from.duration(to: to) <= .seconds(10 * 366 * 86_400) else {
      throw UsageError("the period is longer than ten years, which is as far as a plan goes")
    }
    return (from, to)
  }

  private func step(from: Instant, to: Instant) throws(UsageError) -> Duration? {
    guard let text = value(.step) else { return nil }
    let step = try CommandInput.duration(text, flag: "step", atLeast: .seconds(1))
    guard from.duration(to: to) <= step * Plan.mostRows else {
      throw UsageError(
        "flag --step is \(text), which makes more than \(Plan.mostRows) lines of this period")
    }
    return step
  }

  private func leadTime() throws(UsageError) -> Duration? {
    guard let text = value(.leadTime) else { return nil }
    return try CommandInput.duration(text, flag: "lead-time", atLeast: .zero)
  }

  private func load(from: Instant, to: Instant) throws(UsageError) -> StepSeries? {
    if let text = value(.live) {
      guard value(.load) == nil else {
        throw UsageError("give either --live or --load: both say what queries answer")
      }
      let value = try CommandInput.number(text, flag: "live", orZero: true)
      return StepSeries([StepSeries.Step(start: .distantPast, value: value)])
    }
    guard let path = value(.load) else { return nil }
    return try CommandInput.history(path).projected(from: from, to: to)
  }

  /// What the flags say of a boost, for each policy in its own zone.
  private func overrides(
    of policies: [Policy], from: Instant
  ) throws(UsageError) -> [ResourceName: [Override]] {
    let replicas = 0...Override.Limits.replicas
    let atLeast = try value(.atLeast).map { text throws(UsageError) in
      try CommandInput.whole(text, flag: "at-least", in: replicas)
    }
    let atMost = try value(.atMost).map { text throws(UsageError) in
      try CommandInput.whole(text, flag: "at-most", in: replicas)
    }
    guard atLeast != nil || atMost != nil else {
      guard value(.until) == nil else {
        throw UsageError("flag --until is the end of --at-least or --at-most, and neither is given")
      }
      return [:]
    }
    guard let bounds = Override.Bounds(atLeast: atLeast, atMost: atMost) else {
      throw UsageError("flag --at-least is above --at-most")
    }
    guard let until = value(.until) else {
      throw UsageError("flags --at-least and --at-most need an end, such as --until=18:00")
    }
    var found: [ResourceName: [Override]] = [:]
    for policy in policies {
      let zone = zones.timeZone(named: policy.timeZone) ?? NamedTimeZone.utc.rules
      do throws(OverrideEnd.Problem) {
        let end = try OverrideEnd.instant(until, in: zone, at: from)
        found[policy.name] = [
          Override(id: "plan", policy: policy.name, bounds: bounds, since: from, until: end)
        ]
      } catch {
        throw UsageError("flag --until: \(error.sentence)")
      }
    }
    return found
  }

  private func plans(of policies: [Policy], from: Instant, to: Instant) throws -> [Plan] {
    let known = KnownSignals(
      forecasts: try CommandInput.forecasts(files: flags.values[.forecast] ?? [], of: policies),
      load: try load(from: from, to: to))
    let overrides = try overrides(of: policies, from: from)
    var plans: [Plan] = []
    for policy in policies {
      do throws(Plan.Failure) {
        plans.append(
          try Plan(
            of: policy, from: from, to: to, known: known, overrides: overrides[policy.name] ?? [],
            zones: zones))
      } catch .nothingKnown where policies.count > 1 {
        Command.complain("\(Plan.Failure.nothingKnown(policy.name))")
      } catch {
        throw UsageError(error.description)
      }
    }
    guard !plans.isEmpty else { throw UsageError("none of the policies can be planned") }
    return plans
  }

  // MARK: Output

  private func text(of plan: Plan, step: Duration?, width: Int) -> String {
    var lines: [String]
    if isAtOneInstant {
      lines = ["Policy \(plan.policy) at \(plan.from.rfc3339)"]
      lines += plan.remarks
      lines.append(plan.transitions[0].why)
    } else {
      lines = ["Policy \(plan.policy), \(plan.from.rfc3339) to \(plan.to.rfc3339)"]
      lines += plan.remarks
      lines.append("")
      lines += TextChart(plan.series, from: plan.from, to: plan.to, width: width).lines
      lines.append("")
      lines += step.map { plan.table(every: $0) } ?? plan.table
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func chart(of plan: Plan) -> SVGChart {
    let known = plan.transitions.compactMap(\.replicas)
    let description =
      "From \(plan.from.rfc3339) to \(plan.to.rfc3339) the policy asks for"
      + " \(known.min() ?? 0) to \(known.max() ?? 0) replicas and changes its answer"
      + " \(plan.transitions.count - 1) times. "
      + plan.remarks.joined(separator: " ")
    return SVGChart(
      title: "Plan of \(plan.policy)", description: description, valueLabel: "replicas",
      from: plan.from, to: plan.to,
      lines: [SVGChart.Line(name: "desired replicas", series: plan.series)],
      gap: "unavailable")
  }

  private func json(_ plans: [Plan], step: Duration?) -> String {
    var json = JSONWriter()
    json.object { json in
      json.field(array: "plans") { json in
        for plan in plans { Self.write(plan, step: step, to: &json) }
      }
    }
    return String(decoding: json.bytes, as: UTF8.self) + "\n"
  }

  private static func write(_ plan: Plan, step: Duration?, to json: inout JSONWriter) {
    json.object { json in
      json.field("namespace", plan.policy.namespace)
      json.field("name", plan.policy.name)
      json.field("from", plan.from.rfc3339)
      json.field("to", plan.to.rfc3339)
      json.field(array: "leftOut") { json in
        for name in plan.leftOut { json.element(name) }
      }
      json.field(array: "clockChanges") { json in
        for change in plan.clockChanges {
          json.object { json in
            json.field("at", change.at.rfc3339)
            json.field("timeZone", change.timeZone)
            json.field("shiftSeconds", change.shift.components.seconds)
          }
        }
      }
      json.field(array: "transitions") { json in
        for transition in plan.transitions { write(transition, at: transition.at, to: &json) }
      }
      guard let step else { return }
      json.field(array: "steps") { json in
        for at in plan.instants(every: step) {
          write(plan.transition(at: at), at: at, to: &json)
        }
      }
    }
  }

  private static func write(
    _ transition: Plan.Transition, at: Instant, to json: inout JSONWriter
  ) {
    json.object { json in
      json.field("at", at.rfc3339)
      json.field("replicas", transition.replicas)
      json.field("available", transition.replicas != nil)
      json.field("winner", transition.winner)
      json.field("why", transition.why)
    }
  }
}
