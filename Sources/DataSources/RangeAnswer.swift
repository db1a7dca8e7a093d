internal import HTTPClient

/// The answer to a range query, for commands and for the built-in forecaster. Which of them goes on
/// without it, and how, is theirs: their errors differ.
struct RangeAnswer {
  /// Its status, errors and warnings.
  let envelope: PrometheusAnswer
  let matrix: PrometheusMatrix

  init(_ response: HTTPResponse, from endpoint: SourceEndpoint) throws(JSONError) {
    envelope = try PrometheusAnswer(response.body, hiding: endpoint.secrets)
    matrix = try PrometheusMatrix(response.body, hiding: endpoint.secrets)
  }

  /// What is wrong with more series than one; nil for one, or none.
  var severalSeries: String? {
    guard matrix.seriesCount > 1 else { return nil }
    return
      "the query has \(matrix.seriesCount) series, expected exactly one: wrap it in sum(...) or"
      + " max(...)"
  }

  static func noResult(_ error: JSONError, at path: String, from endpoint: SourceEndpoint) -> String
  {
    "\(endpoint.asked(path)) answered something that is not a query result: \(error)"
  }
}
