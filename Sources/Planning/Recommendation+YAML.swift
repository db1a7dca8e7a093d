internal import Forecasting
package import Scaling
internal import Time

extension Recommendation {
  /// The manifests to apply, with the reasons as comments.
  ///
  /// - Parameters:
  ///   - address: Of the Prometheus server; nil where it is not known.
  ///   - zone: That of the wish.
  package func yaml(address: String?, zone: any TimeZoneRules) -> String {
    var lines = introduction.map { $0.isEmpty ? "#" : "# \($0)" }
    if address == nil {
      lines.append("# Set address, and the query whose load this is.")
    }
    lines += [
      "apiVersion: headstart.dev/v1alpha1", "kind: DataSource",
      "metadata: {name: \(Self.name(wish.source))}", "spec:", "  type: prometheus",
      "  address: \(Self.quoted(address ?? "http://prometheus:9090"))", "---",
      "apiVersion: headstart.dev/v1alpha1", "kind: ScalingPolicy",
      "metadata: {name: recommended}", "spec:",
    ]
    let policy = policy(zone: zone)
    if policy.leadTime == .zero {
      lines += ["  # Pods start when they are needed.", "  leadTime: 0s"]
    } else {
      lines += [
        "  # A pod starts in \(wish.startup.text); replicas are asked for this long before they are"
          + " needed.", "  leadTime: \(policy.leadTime.text)",
      ]
    }
    lines += [
      "  # Up to \(comparison.mostNeeded) replicas were needed in the time that was tested.",
      "  limits: {minReplicas: \(settings.minReplicas), maxReplicas: \(settings.maxReplicas)}",
      "  signals:",
    ]
    for signal in policy.signals { lines += self.lines(of: signal) }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Why this one.
  package var introduction: [String] {
    let days = Double(history.start.duration(to: history.end).milliseconds) / 86_400_000
    let tested = Double(testedFrom.duration(to: history.end).milliseconds) / 86_400_000
    let short = Comparison.percent(comparison.share(of: row.account), digits: 2)
    let limit = "\(NumberFormat.plain(wish.atMostShort * 100)) %"
    let cost = comparison.excess(of: row.account).map { excess in
      "\(NumberFormat.fixed(abs(excess) * 100, digits: 1)) % \(excess < 0 ? "fewer" : "more")"
        + " replica-hours than needed"
    }
    var lines = [
      "Recommended from \(NumberFormat.fixed(days, digits: 1)) days of load, of which one replica"
        + " carries \(NumberFormat.exact(wish.perReplica)).",
      "Tested on the last \(NumberFormat.fixed(tested, digits: 1)) days, with what was known before"
        + " each moment:",
      "\(chosen.name): short of pods for \(short) of the time"
        + (cost.map { ", at \($0)." } ?? "."),
    ]
    if !keepsPromise {
      lines.append(
        "NONE of those tried is short for at most \(limit); this one is short least often.")
    } else {
      lines.append(reason(limit))
    }
    if let merit { lines.append(merit) }
    if let gaps = history.gapText { lines.append("The load has \(gaps).") }
    let warnings = BacktestWarnings(
      history: history, settings: settings, mostNeeded: comparison.mostNeeded)
    lines += warnings.ofLoad
    return lines + [""] + comparison.table + [""]
  }

  /// What speaks against looking ahead: an HPA that does as well with as many replicas.
  private var merit: String? {
    guard chosen != .live,
      let equal = comparison.rows.first(where: { $0.label == row.label })?.equalHours,
      equal.underProvisioned <= row.account.underProvisioned
    else { return nil }
    let short = Comparison.percent(comparison.share(of: equal), digits: 2)
    return
      "An HPA alone is short for \(short) with as many replica-hours: looking ahead does not pay"
      + " for this load."
  }

  private func reason(_ limit: String) -> String {
    switch chosen {
    case .live: "A query alone keeps to at most \(limit) short; looking ahead would save nothing."
    case .calendar:
      "A calendar alone does as well as a forecast for at most \(limit) short, and needs no history."
    case .forecast: "It is the cheapest of those that are short for at most \(limit) of the time."
    }
  }

  // MARK: Signals

  private func lines(of signal: Signal) -> [String] {
    switch signal.kind {
    case .prometheus(let query):
      return [
        "    # What is needed now: one replica carries \(NumberFormat.exact(query.threshold)).",
        "    - name: \(signal.name)",
        "      \(query.json == nil ? "prometheus" : "http"): \(Self.flow(query))",
      ]
    case .schedule(let schedule): return lines(of: schedule, name: signal.name)
    case .forecast(let forecast):
      guard let model = forecast.builtIn else { return [] }
      let query = PrometheusSignal(
        source: model.source, query: model.query, threshold: model.threshold)
      let percent = NumberFormat.plain(model.quantile * 100)
      return [
        "    # What will be needed: enough in \(percent) % of the time.",
        "    - name: \(signal.name)", "      forecast:", "        prometheus: \(Self.flow(query))",
        "        quantile: \(NumberFormat.trimmed(model.quantile, digits: 4))",
        "        timeZone: \(model.timeZone)",
      ]
    }
  }

  private func lines(of schedule: Schedule, name: String) -> [String] {
    var lines = [
      "    # What such hours of the week needed.", "    - name: \(name)", "      schedule:",
      "        timeZone: \(schedule.timeZone)", "        rules:",
    ]
    for rule in schedule.rules {
      let days = Weekday.allCases.indices.filter { rule.days.contains(Weekday.allCases[$0]) }
      let when = days.isEmpty ? "" : "days: [\(LoadCalendar.dayText(days))], "
      lines.append(
        "          - {name: \(Self.quoted(rule.name)), \(when)start: \"\(rule.start)\","
          + " end: \"\(rule.end)\", replicas: \(rule.replicas ?? 0)}")
    }
    if schedule.rules.isEmpty { lines[lines.count - 1] += " []" }
    return lines
  }

  private static func flow(_ query: PrometheusSignal) -> String {
    let asked =
      query.json.map { json in
        (json.path.text.isEmpty ? "" : "path: \(quoted(json.path.text)), ")
          + (json.isPost ? "method: POST, " : "")
          + (json.body.map { "body: \(quoted($0.text)), " } ?? "")
          + "pointer: \(quoted(json.pointer.text))"
      } ?? "query: \(quoted(query.query))"
    return "{source: \(Self.name(query.source)), \(asked), threshold:"
      + " \(NumberFormat.exact(query.threshold))}"
  }

  /// A name, in quotes where YAML would take it for a number or a word of its own.
  private static func name(_ text: String) -> String {
    let isPlain = text.first?.isLetter == true && !["true", "false", "null"].contains(text)
    return isPlain ? text : quoted(text)
  }

  /// As a YAML scalar: in single quotes where it is one line of text, else with escapes.
  private static func quoted(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else {
      return "'"
        + text.split(separator: "'", omittingEmptySubsequences: false)
        .joined(separator: "''") + "'"
    }
    var escaped = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": escaped += "\\\(scalar)"
      case "\n": escaped += "\\n"
      case "\t": escaped += "\\t"
      case _ where scalar.value < 0x20 || scalar.value == 0x7F:
        let hex = String(scalar.value, radix: 16)
        escaped += "\\x" + (hex.count < 2 ? "0" : "") + hex
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped + "\""
  }
}
