internal import EventLoop
internal import Scaling
internal import Time

/// Rows that several commands have, and their defaults.
extension FlagRow {
  /// The default is a server with the default of `--http-listen`, on this machine.
  static let server = FlagRow(
    .url, default: "http://127.0.0.1:\(ServeConfiguration().httpListen.port)",
    "the side port to ask")
  static let namespace = FlagRow(
    .value("NAMESPACE"),
    "the policy's namespace (default \"default\"); NAMESPACE/NAME says it too")
  static let authorities = FlagRow(.file, "PEM CA certificates for an https server")

  static let pastLoad = FlagRow(
    .file, "past load as CSV (timestamp,value); - is standard input")
  static let pastLoadServer = FlagRow(.url, "fetch the past load from this Prometheus instead")
  static let loadQuery = FlagRow(.value("PROMQL"), "the load as PromQL")
  static func history(atLeast least: Duration = BuiltInForecast.histories.lowerBound) -> FlagRow {
    FlagRow(
      .duration, default: BuiltInForecast.Defaults.history.daysText,
      "how much of it is fetched, \(least.daysText) to "
        + BuiltInForecast.histories.upperBound.daysText)
  }
  static let sampleStep = FlagRow(
    .duration, default: "1m", "distance of the samples from Prometheus")

  /// `Backtest.Settings.defaultStartup`; a test compares them.
  static let startup = FlagRow(.duration, default: "60s", "how long a pod takes to serve")
  /// `Backtest.Settings.defaultTolerance`; a test compares them.
  static let tolerance = FlagRow(.count, default: "0.1", "tolerance of the HPA's behavior")
  static let policyLeadTime = FlagRow(
    .duration, default: Policy.Defaults.leadTime.text, "lead time of policies that name none")
  static let timeZone = FlagRow(
    .value("ZONE"), default: "UTC", "the zone that days and weeks follow")

  static let chartFile = FlagRow(.file, "write the chart into this file")
  static let chartWidth = FlagRow(
    .count, "columns of the chart (default: those of the terminal, else 100)")
  static let json = FlagRow(.toggle, "print JSON")
}
