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
      FlagRow(.file, "past load as CSV (timestamp,value); - is standard input")
    case .prometheus:
      FlagRow(.url, "fetch the past load from this Prometheus instead")
    case .query:
      FlagRow(.value("PROMQL"), "the query whose load is forecast")
    case .history:
      FlagRow(.duration, default: "28d", "how much of it is fetched, 1d to 56d")
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
      FlagRow(.value("ZONE"), default: "UTC", "the zone that days and weeks follow")
    case .learnOutages:
      FlagRow(.toggle, "learn sudden zeros, too: they are data and no outage")
    case .walk:
      FlagRow(.toggle, "print as CSV what was forecast before each bucket")
    case .json:
      FlagRow(.toggle, "print JSON")
    case .svg:
      FlagRow(.file, "write the chart into this file")
    case .width:
      FlagRow(.count, "columns of the chart (default: those of the terminal, else 100)")
    }
  }
}
