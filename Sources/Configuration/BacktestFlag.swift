/// The flags of `headstart backtest`.
package enum BacktestFlag: String, CaseIterable, Sendable {
  case policy
  case load
  case prometheus
  case query
  case from
  case to
  case step
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

  /// Those that are given without a value.
  package static let switches: Set<BacktestFlag> = [.json]
}

extension BacktestFlag: CommandFlag {
  package var placeholder: String? {
    switch self {
    case .policy: "NAME"
    case .load, .forecast, .svg: "FILE"
    case .prometheus: "URL"
    case .query: "PROMQL"
    case .from, .to: "TIME"
    case .step, .startup, .leadTime: "DURATION"
    case .perReplica, .minReplicas, .maxReplicas, .tolerance: "N"
    case .forecastFrom: "previous-day|previous-week"
    case .json: nil
    }
  }

  package var help: String {
    switch self {
    case .policy: "the policy to test, NAME or NAMESPACE/NAME (default: the only one)"
    case .load: "the load as CSV: timestamp,value"
    case .prometheus: "server to take the load from, with --query, --from and --to"
    case .query: "the load as PromQL"
    case .from: "beginning of the test (default: of the load)"
    case .to: "end of the test (default: of the load)"
    case .step: "distance of the samples from Prometheus (default 1m)"
    case .perReplica: "load that one replica carries (default: threshold of the first query)"
    case .startup: "how long a pod takes to serve (default 60s)"
    case .forecast: "a forecaster's answer as JSON; repeatable, one for each workload"
    case .forecastFrom: "simulate forecasts: it will be as it was one day, or week, before"
    case .minReplicas: "minReplicaCount of the ScaledObject (default: the policy's)"
    case .maxReplicas: "maxReplicaCount of the ScaledObject (default: the policy's, else 100)"
    case .tolerance: "tolerance of the HPA's behavior (default 0.1)"
    case .leadTime: "lead time of policies that name none (default 5m)"
    case .svg: "write the chart into this file"
    case .json: "print JSON"
    }
  }
}
