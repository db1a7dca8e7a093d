/// The flags of `headstart forecast`.
package enum ForecastFlag: String, CaseIterable, Sendable {
  case load
  case prometheus
  case query
  case history
  case threshold
  case leadTime = "lead-time"
  case quantile
  case step
  case timeZone = "time-zone"
  case learnOutages = "learn-outages"
  case walk
  case json
  case svg
  case width

  /// Those that are given without a value.
  package static let switches: Set<ForecastFlag> = [.learnOutages, .walk, .json]
}

extension ForecastFlag: CommandFlag {
  package var placeholder: String? {
    switch self {
    case .load, .svg: "FILE"
    case .prometheus: "URL"
    case .query: "PROMQL"
    case .history, .leadTime, .step: "DURATION"
    case .threshold: "VALUE"
    case .quantile: "SHARE"
    case .timeZone: "ZONE"
    case .width: "N"
    case .learnOutages, .walk, .json: nil
    }
  }

  package var help: String {
    switch self {
    case .load: "past load as CSV (timestamp,value); - is standard input"
    case .prometheus: "fetch the past load from this Prometheus instead"
    case .query: "the query whose load is forecast"
    case .history: "how much of it is fetched, 1d to 56d (default 28d)"
    case .threshold: "the load that one replica carries"
    case .leadTime: "how far ahead to look"
    case .quantile:
      "the share of time in which the forecast is to be enough, 0.5 to 0.99;"
        + " repeatable (default 0.9)"
    case .step:
      "length of a bucket: 1m, 2m, 3m, 5m, 10m, 15m, 30m or 1h (default: from the lead time)"
    case .timeZone: "the zone that days and weeks follow (default UTC)"
    case .learnOutages: "learn sudden zeros, too: they are data and no outage"
    case .walk: "print as CSV what was forecast before each bucket"
    case .json: "print JSON"
    case .svg: "write the chart into this file"
    case .width: "columns of the chart (default: those of the terminal, else 100)"
    }
  }
}
