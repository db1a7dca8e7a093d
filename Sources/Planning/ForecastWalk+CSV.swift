package import Forecasting

extension ForecastWalk {
  /// The columns of a walk: `bucket`, the first one that is forecast; `index`, the buckets seen before it;
  /// and a group of loads for each quantile, `q95_0` for the next bucket at quantile 0.95.
  package static func csvHeading(_ parameters: [ForecastParameters]) -> String {
    var columns = ["bucket", "index"]
    for parameters in parameters {
      let name = percent(parameters.quantile)
      columns += (0..<parameters.horizons).map { "q\(name)_\($0)" }
    }
    return columns.joined(separator: ",")
  }

  /// One line of a walk.
  package static func csvLine(_ index: Int, _ forecasts: [LoadForecast]) -> String {
    var line = "\(forecasts.first?.firstBucket ?? 0),\(index)"
    for load in forecasts.lazy.flatMap(\.loads) { line += ",\(load)" }
    return line
  }

  /// `95` for 0.95, `92.5` for 0.925.
  package static func percent(_ quantile: Double) -> String {
    let thousandths = Int((quantile * 1000).rounded())
    return thousandths % 10 == 0 ? "\(thousandths / 10)" : "\(thousandths / 10).\(thousandths % 10)"
  }
}
