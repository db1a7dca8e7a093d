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
      .pastLoad
    case .prometheus:
      .pastLoadServer
    case .query:
      .loadQuery
    case .history:
      .history(atLeast: .seconds(2 * 86_400))
    case .step:
      .sampleStep
    case .perReplica:
      FlagRow(.count, "load that one replica carries")
    case .startup:
      .startup
    case .atMostShort:
      FlagRow(
        .value("PERCENT"), default: "1", "share of the time in which too few pods may serve")
    case .leadTime:
      FlagRow(.duration, "how far ahead to look (default: the best of three)")
    case .timeZone:
      .timeZone
    case .minReplicas:
      FlagRow(.count, default: "1", "minimum replicas of the policy")
    case .maxReplicas:
      FlagRow(.count, "maximum replicas of the policy (default: half as many again as were needed)")
    case .tolerance:
      .tolerance
    case .source:
      FlagRow(.name, default: "main", "name of the DataSource")
    }
  }
}
