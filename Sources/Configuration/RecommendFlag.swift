/// The flags of `headstart recommend`.
package enum RecommendFlag: String, CaseIterable, Sendable {
  case load
  case prometheus
  case query
  case history
  case step
  case perReplica = "per-replica"
  case startup
  case atMostShort = "at-most-short"
  case leadTime = "lead-time"
  case timeZone = "time-zone"
  case minReplicas = "min-replicas"
  case maxReplicas = "max-replicas"
  case tolerance
  case source
}

extension RecommendFlag: Flag {
  package var row: FlagRow {
    switch self {
    case .load:
      FlagRow(.file, "past load as CSV (timestamp,value); - is standard input")
    case .prometheus:
      FlagRow(.url, "fetch the past load from this Prometheus instead")
    case .query:
      FlagRow(.value("PROMQL"), "the load as PromQL")
    case .history:
      FlagRow(.duration, default: "28d", "how much of it is fetched, 2d to 56d")
    case .step:
      FlagRow(.duration, default: "1m", "distance of the samples from Prometheus")
    case .perReplica:
      FlagRow(.count, "load that one replica carries")
    case .startup:
      FlagRow(.duration, default: "60s", "how long a pod takes to serve")
    case .atMostShort:
      FlagRow(
        .value("PERCENT"), default: "1", "share of the time in which too few pods may serve")
    case .leadTime:
      FlagRow(.duration, "how far ahead to look (default: the best of three)")
    case .timeZone:
      FlagRow(.value("ZONE"), default: "UTC", "the zone that days and weeks follow")
    case .minReplicas:
      FlagRow(.count, default: "1", "least replicas of the policy")
    case .maxReplicas:
      FlagRow(.count, "most replicas of the policy (default: half as many again as were needed)")
    case .tolerance:
      FlagRow(.count, default: "0.1", "tolerance of the HPA's behavior")
    case .source:
      FlagRow(.name, default: "main", "name of the DataSource")
    }
  }
}
