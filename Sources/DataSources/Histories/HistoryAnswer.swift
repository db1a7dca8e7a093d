internal import HTTPClient
internal import Scaling
internal import Time

/// What a server answers to `HistoryQuery.request`.
enum HistoryAnswer: Hashable {
  /// One for each bucket of the piece; nil is a bucket without a value.
  case whole([Double?])
  /// The server calls its answer partial, for this reason.
  case partial(String)

  /// - Throws: for any answer but a matrix of at most one series.
  init(
    _ response: HTTPResponse, to query: HistoryQuery, _ piece: Range<Int>,
    from endpoint: SourceEndpoint
  ) throws(FetchFailure) {
    let range: RangeAnswer
    do {
      range = try RangeAnswer(response, from: endpoint)
    } catch {
      guard response.status == 200 else {
        throw endpoint.failure(status: response, at: HistoryQuery.path)
      }
      let looksLikeJSON = response.body.first { $0 > 0x20 } == UInt8(ascii: "{")
      throw FetchFailure(
        .decode, concernsSource: !looksLikeJSON,
        RangeAnswer.noResult(error, at: HistoryQuery.path, from: endpoint))
    }
    let answer = range.envelope
    guard response.status == 200, answer.status == "success" else {
      throw PrometheusClient.refusal(answer, response, at: HistoryQuery.path, from: endpoint)
    }
    guard answer.result == .other("matrix") else {
      throw FetchFailure(
        .resultType, "the query has no series over time as its result, expected a matrix")
    }
    if let sentence = range.severalSeries { throw FetchFailure(.severalSamples, sentence) }
    if let reason = answer.partiality, !endpoint.dataSource.acceptsPartialAnswers {
      self = .partial("\(endpoint.shown) answered in part: \(reason)")
      return
    }
    var values = [Double?](repeating: nil, count: piece.count)
    for point in range.matrix.points where point.value >= 0 {
      let (bucket, rest) = point.at.milliseconds.quotientAndRemainder(
        dividingBy: Int64(query.step) * 1000)
      guard rest == 0, piece.contains(Int(bucket) - 1) else { continue }
      values[Int(bucket) - 1 - piece.lowerBound] = point.value
    }
    self = .whole(values)
  }
}
