internal import Configuration
internal import DataSources
internal import Manifests
internal import Planning
internal import Scaling
internal import Serving
internal import Time

extension CommandInput {
  /// An address that `--prometheus` may have.
  static func address(_ text: String) throws(UsageError) -> String {
    if let problem = AddressProblem(of: text) {
      throw UsageError("flag --prometheus: \(problem.sentence)")
    }
    return text
  }

  /// How much of a load is fetched (`--history`): at most as much as the built-in forecaster uses.
  static func historyLength(
    _ text: String, atLeast least: Duration = BuiltInForecast.histories.lowerBound
  ) throws(UsageError) -> Duration {
    let length = try duration(text, flag: "history", atLeast: least)
    let most = BuiltInForecast.histories.upperBound
    guard length <= most else {
      throw UsageError("flag --history is \(text), but has to be at most \(most.daysText)")
    }
    return length
  }

  /// A load from a Prometheus server.
  ///
  /// - Parameter sample: What a point of the answer means; nil for nothing.
  static func history(
    _ range: PrometheusRange, shape: LoadShape = .held,
    sample: (PrometheusRange.Point) -> LoadHistory.Sample?
  ) throws -> LoadHistory {
    let bar = ProgressBar("fetching")
    defer { bar.end() }
    do {
      let points = try range.fetch(userAgent: "headstart/\(Version.number)") {
        bar.advance(to: $0)
      }
      guard !points.isEmpty else {
        throw UsageError(
          "the query has no values from \(range.from.rfc3339) to \(range.to.rfc3339): expected the"
            + " history of one series; try the query on the server's own page")
      }
      return try LoadHistory(samples: points.compactMap(sample), shape: shape)
    } catch let error as InvalidHistory {
      throw UsageError("the query's history cannot be used: \(error)")
    } catch PrometheusRange.Failure.unreachable(let sentence) {
      throw UnreachableServer(sentence: sentence)
    }
  }
}
