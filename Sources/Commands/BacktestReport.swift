internal import Planning
internal import Scaling
internal import Telemetry
internal import Time

extension BacktestCommand {
  func text(of backtest: Backtest, policy: Policy, _ setup: Setup) -> String {
    let lines = head(
      "Policy \(policy.name)", backtest.settings, accounted: backtest.accounted, setup)
    let end = [""] + backtest.warnings(policy, history: setup.history) + [backtest.verdict]
    return (lines + [""] + backtest.table + end).joined(separator: "\n") + "\n"
  }

  /// What was replayed, and how.
  func head(
    _ what: String, _ settings: Backtest.Settings, accounted: Duration, _ setup: Setup
  ) -> [String] {
    let days = Double(accounted.milliseconds) / 86_400_000
    var lines = [
      "\(what), \(settings.from.rfc3339) to \(settings.to.rfc3339)"
        + " (\((days * 10).rounded() / 10) days)",
      "One replica carries \(NumberFormat.exact(settings.perReplica)), a pod starts in"
        + " \(settings.startup.text), \(settings.minReplicas) to \(settings.maxReplicas) replicas",
      "KEDA polls every 30s, the HPA syncs every 15s with a tolerance of \(settings.tolerance)",
    ]
    let shape =
      setup.history.shape == .linear ? "in a straight line" : "held at the first of them"
    let delay = setup.delay > .zero ? ", and its metrics show it \(setup.delay.text) later" : ""
    lines.append("Between two samples the load is \(shape)\(delay)")
    if let gaps = setup.history.gapText { lines.append("The load has \(gaps).") }
    return lines
  }

  func chart(of backtest: Backtest, policy: Policy) -> SVGChart {
    let settings = backtest.settings
    return SVGChart(
      title: "Backtest of \(policy.name)",
      description: "Replicas from \(settings.from.rfc3339) to \(settings.to.rfc3339). With"
        + " Headstart fewer than needed served for \(backtest.policy.sentence); with the HPA alone"
        + " for \(backtest.reactive.sentence). The oracle used"
        + " \(Int(backtest.oracle.account.replicaHours.rounded())) replica-hours.",
      valueLabel: "replicas", from: settings.from, to: settings.to,
      lines: [
        SVGChart.Line(name: "needed", series: backtest.oracle.replicas),
        SVGChart.Line(name: "HPA alone", series: backtest.reactive.replicas),
        SVGChart.Line(name: "headstart", series: backtest.policy.replicas),
      ],
      gap: "load not known")
  }

  func json(of backtest: Backtest, policy: Policy, _ setup: Setup) -> String {
    var json = JSONWriter()
    json.object { json in
      json.field("namespace", policy.name.namespace)
      json.field("name", policy.name.name)
      settings(backtest.settings, accounted: backtest.accounted, setup, into: &json)
      for (name, outcome) in [
        ("headstart", backtest.policy), ("reactive", backtest.reactive),
        ("equalHours", backtest.equalHours.outcome), ("oracle", backtest.oracle),
      ] {
        json.field(object: name) { json in
          account(
            outcome.account, share: backtest.underProvisionedShare(of: outcome.account),
            into: &json)
        }
      }
      json.field("equalHoursTarget", backtest.equalHours.target)
      json.field("verdict", backtest.verdict)
      json.field(array: "warnings") { json in
        for warning in backtest.warnings(policy, history: setup.history) { json.element(warning) }
      }
    }
    return String(decoding: json.bytes, as: UTF8.self) + "\n"
  }

  /// What was replayed, and how, as fields.
  func settings(
    _ settings: Backtest.Settings, accounted: Duration, _ setup: Setup,
    into json: inout JSONWriter
  ) {
    let whole = settings.from.duration(to: settings.to).milliseconds
    json.field("from", settings.from.rfc3339)
    json.field("to", settings.to.rfc3339)
    json.field("accountedSeconds", accounted.components.seconds)
    json.field("excludedSeconds", (whole + 999) / 1000 - accounted.components.seconds)
    json.field("perReplica", settings.perReplica)
    json.field("startupSeconds", settings.startup.components.seconds)
    json.field("minReplicas", settings.minReplicas)
    json.field("maxReplicas", settings.maxReplicas)
    json.field("tolerance", settings.tolerance)
    json.field("betweenSamples", setup.history.shape.rawValue)
    json.field("observeAfterSeconds", setup.delay.components.seconds)
    json.field(array: "gaps") { json in
      for gap in setup.history.gaps {
        json.object { json in
          json.field("from", gap.from.rfc3339)
          json.field("to", gap.to.rfc3339)
          json.field("unknownSeconds", gap.unknown.components.seconds)
        }
      }
    }
  }

  /// How one way of scaling fared, as fields.
  func account(_ account: BacktestAccount, share: Double, into json: inout JSONWriter) {
    json.field("underProvisionedSeconds", account.underProvisioned.components.seconds)
    json.field("underProvisionedShare", share)
    json.field("unservedShare", account.unservedShare)
    json.field("longestShortageSeconds", account.longestShortage.components.seconds)
    json.field("longestShortageAt", account.longestAt?.rfc3339)
    json.field("worstEpisodeSeconds", account.worstEpisode?.length.components.seconds ?? 0)
    json.field("worstEpisodeAt", account.worstEpisode?.from.rfc3339)
    json.field("worstEpisodeUnservedShare", account.worstEpisode?.unservedShare ?? 0)
    json.field("worstShortfall", account.worstShortfall)
    json.field("worstShortfallAt", account.worstAt?.rfc3339)
    json.field("replicaHours", account.replicaHours)
    json.field("scalings", account.scalings)
  }
}

extension Backtest.Outcome {
  /// `1h2m, by 3 replicas at most, at 120 replica-hours`, for the description of a chart.
  fileprivate var sentence: String {
    "\(account.underProvisioned.wholeSecondsText), by \(account.worstShortfall) replicas at most,"
      + " at \(Int(account.replicaHours.rounded())) replica-hours"
  }
}
