/// The flags of `headstart backtest`.
package enum BacktestFlag: String, CaseIterable, Sendable {
  case policy
  case sweep
  case load
  case prometheus
  case query
  case from
  case to
  case step
  case betweenSamples = "between-samples"
  case observeAfter = "observe-after"
  case perReplica = "per-replica"
  case startup
  case forecast
  case forecastFrom = "forecast-from"
  case minReplicas = "min-replicas"
  case maxReplicas = "max-replicas"
  case tolerance
  case leadTime = "lead-time"
  case svg
  case json
}

extension BacktestFlag: Flag {
  package var row: FlagRow {
    switch self {
    case .policy:
      FlagRow(
        .name, "a policy to test, NAME or NAMESPACE/NAME; repeatable (default: all, side by side)")
    case .sweep:
      FlagRow(
        .value("NAME=VALUE,…"),
        "try out values: quantile=0.5..0.99, leadTime=5m,10m, threshold=80,100; repeatable")
    case .load:
      FlagRow(.file, "the load as CSV: timestamp,value")
    case .prometheus:
      FlagRow(.url, "server to take the load from, with --query, --from and --to")
    case .query:
      .loadQuery
    case .from:
      FlagRow(.time, "beginning of the test (default: of the load)")
    case .to:
      FlagRow(.time, "end of the test (default: of the load)")
    case .step:
      .sampleStep
    case .betweenSamples:
      FlagRow(
        .value("linear|held"), default: "linear",
        "the load between two samples: in a straight line, or held until the next")
    case .observeAfter:
      FlagRow(
        .duration, default: "0s", "how much later than the load its metrics show it")
    case .perReplica:
      FlagRow(.count, "load that one replica carries (default: threshold of the first query)")
    case .startup:
      .startup
    case .forecast:
      FlagRow(.file, "a forecaster's answer as JSON; repeatable, one for each workload")
    case .forecastFrom:
      FlagRow(
        .value("previous-day|previous-week"),
        "simulate forecasts: it will be as it was one day, or week, before")
    case .minReplicas:
      FlagRow(.count, "minReplicaCount of the ScaledObject (default: the policy's)")
    case .maxReplicas:
      FlagRow(.count, "maxReplicaCount of the ScaledObject (default: the policy's, else 100)")
    case .tolerance:
      .tolerance
    case .leadTime:
      .policyLeadTime
    case .svg:
      FlagRow(.file, "write the chart into this file; of several policies, the front")
    case .json:
      .json
    }
  }
}
