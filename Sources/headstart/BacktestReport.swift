internal import Planning
internal import Scaling
internal import Telemetry

extension BacktestCommand {
  func text(of backtest: Backtest, policy: Policy, history: LoadHistory) -> String {
    let settings = backtest.settings
    let days = Double(backtest.accounted.milliseconds) / 86_400_000
    var lines = [
      "Policy \(policy.name), \(settings.from.rfc3339) to \(settings.to.rfc3339)"
        + " (\((days * 10).rounded() / 10) days)",
      "One replica carries \((settings.perReplica * 1000).rounded() / 1000), a pod starts in"
        + " \(settings.startup.text), \(settings.minReplicas) to \(settings.maxReplicas) replicas",
      "KEDA polls every 30s, the HPA syncs every 15s with a tolerance of \(settings.tolerance)",
    ]
    if let gaps = history.gapText { lines.append("The load has \(gaps).") }
    lines.append("")
    return (lines + backtest.table).joined(separator: "\n") + "\n"
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

  func json(of backtest: Backtest, policy: Policy, history: LoadHistory) -> String {
    let settings = backtest.settings
    var json = JSONWriter()
    json.object { json in
      json.field("namespace", policy.name.namespace)
      json.field("name", policy.name.name)
      json.field("from", settings.from.rfc3339)
      json.field("to", settings.to.rfc3339)
      json.field("accountedSeconds", backtest.accounted.components.seconds)
      json.field("excludedSeconds", backtest.excluded.components.seconds)
      json.field("perReplica", settings.perReplica)
      json.field("startupSeconds", settings.startup.components.seconds)
      json.field("minReplicas", settings.minReplicas)
      json.field("maxReplicas", settings.maxReplicas)
      json.field("tolerance", settings.tolerance)
      json.field(array: "gaps") { json in
        for gap in history.gaps {
          json.object { json in
            json.field("from", gap.from.rfc3339)
            json.field("to", gap.to.rfc3339)
            json.field("unknownSeconds", gap.unknown.components.seconds)
          }
        }
      }
      for (name, outcome) in [
        ("headstart", backtest.policy), ("reactive", backtest.reactive),
        ("oracle", backtest.oracle),
      ] {
        json.field(object: name) { json in
          let account = outcome.account
          json.field("underProvisionedSeconds", account.underProvisioned.components.seconds)
          json.field("underProvisionedShare", backtest.underProvisionedShare(of: account))
          json.field("worstShortfall", account.worstShortfall)
          json.field("worstShortfallAt", account.worstAt?.rfc3339)
          json.field("replicaHours", account.replicaHours)
          json.field("scalings", account.scalings)
        }
      }
    }
    return String(decoding: json.bytes, as: UTF8.self) + "\n"
  }
}

extension Backtest.Outcome {
  /// `1h2m, by 3 replicas at most, at 120 replica-hours`, for the description of a chart.
  fileprivate var sentence: String {
    "\(account.underProvisioned.wholeSecondsText), by \(account.worstShortfall) replicas at most,"
      + " at \(Int(account.replicaHours.rounded())) replica-hours"
  }
}
