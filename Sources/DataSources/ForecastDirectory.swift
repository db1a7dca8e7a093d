internal import HTTPClient
internal import Scaling

/// Forecasts in files: a directory with the JSON of `GET /forecast/current` of each workload, in
/// `WORKLOAD.json`. Whatever computes them may write them when it likes.
enum ForecastDirectory {
  /// As long as an answer of a forecaster may be.
  private static let limit = 4 << 20

  /// Reads what a forecaster would answer. On the refresher's loop: the file is short and local.
  static func answer(
    to target: FetchTarget, in directory: String
  ) throws(FetchFailure) -> FetchAnswer {
    guard case .feed(.forecast(_, let workload, let loads, _)) = target else { return .alive }
    let name = Excerpt.text(of: workload)
    guard !workload.isEmpty, !workload.hasPrefix("."), !workload.utf8.contains(UInt8(ascii: "/"))
    else {
      throw FetchFailure(
        .noForecast,
        "the workload \"\(name)\" is no name of a file in \(directory): it must not begin with a dot, nor"
          + " contain a slash")
    }
    let path = "\(directory)/\(workload).json"
    let bytes: [UInt8]
    do {
      bytes = try SmallFile.read(path, limit: limit)
    } catch {
      throw FetchFailure(
        error.isMissing ? .noForecast : .decode,
        "there is no forecast of workload \"\(name)\" in \(directory)/\(name).json: \(error)")
    }
    do {
      let series = try ForecasterClient.snapshot(
        in: bytes, workload: workload, loads: loads
      ).series
      return .forecast(ForecasterClient.Forecast(series: series, isStale: false))
    } catch {
      throw FetchFailure(
        .decode,
        "\(directory)/\(name).json holds a forecast of workload \"\(name)\" that cannot be used:"
          + " \(error)")
    }
  }
}
