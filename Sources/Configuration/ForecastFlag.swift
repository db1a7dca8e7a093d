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
}

extension ForecastFlag: Flag {
  package var row: FlagRow {
    switch self {
    case .load:
      .pastLoad
    case .prometheus:
      .pastLoadServer
    case .query:
      FlagRow(.value("PROMQL"), "the query whose load is forecast")
    case .history:
      .history()
    case .threshold:
      FlagRow(.value("VALUE"), "the load that one replica carries")
    case .leadTime:
      FlagRow(.duration, "how far ahead to look")
    case .quantile:
      FlagRow(
        .value("SHARE"), default: "0.9",
        "the share of time in which the forecast is to be enough, 0.5 to 0.99; repeatable")
    case .step:
      FlagRow(
        .duration,
        "length of a bucket: 1m, 2m, 3m, 5m, 10m, 15m, 30m or 1h (default: from the lead "
          + "time)")
    case .timeZone:
      .timeZone
    case .learnOutages:
      FlagRow(.toggle, "learn sudden zeros, too: they are data and no outage")
    case .walk:
      FlagRow(.toggle, "print as CSV what was forecast before each bucket")
    case .json:
      .json
    case .svg:
      .chartFile
    case .width:
      .chartWidth
    }
  }
}
