internal import HTTPClient
internal import Scaling
internal import Time

/// The history of a query at one step: what is fetched once for all forecasts that are made of it.
struct HistoryQuery: Hashable, Sendable {
  let source: ResourceName
  /// What stands for a bucket, in PromQL.
  let expression: String
  /// In seconds, above 0. Bucket n is the time [n·step, (n + 1)·step) since the epoch.
  let step: Int
  /// How it is asked for; nil for as the data source says.
  let options: RequestOptions?

  static let path = "/api/v1/query_range"
  /// A bucket counts once it is that old.
  static let settling = Duration.seconds(30)
  /// A request for a day takes the server longer than one for a point.
  private static let longTimeout = Duration.seconds(30)

  init(source: ResourceName, _ forecast: BuiltInForecast) {
    self.source = source
    expression = forecast.expression
    step = Int(forecast.step.components.seconds)
    options = forecast.options
  }

  /// A day of buckets.
  var day: Int { 86_400 / step }

  func start(of bucket: Int) -> Instant {
    Instant(milliseconds: Int64(bucket) * Int64(step) * 1000)
  }

  /// The first bucket that is not complete yet.
  func end(at now: Instant) -> Int {
    let complete = now.advanced(by: .zero - Self.settling).milliseconds
    return Int((Double(complete) / Double(step * 1000)).rounded(.down))
  }

  /// When a bucket is complete.
  func completion(of bucket: Int) -> Instant {
    start(of: bucket + 1).advanced(by: Self.settling)
  }

  /// The first bucket of the UTC day in which a history of that length begins, so that replicas of
  /// Headstart learn the same.
  func first(history: Duration, at now: Instant) -> Int {
    let day: Int64 = 86_400_000
    let start = now.advanced(by: .zero - history).milliseconds
    let midnight = Int((Double(start) / Double(day)).rounded(.down))
    return midnight * (86_400 / step)
  }

  /// Asks for these buckets: the value at T is that of the bucket that ends at T.
  func request(
    _ piece: Range<Int>, _ form: QueryForm, from endpoint: SourceEndpoint
  ) -> HTTPRequest {
    let timeout =
      piece.count > 12
      ? max(endpoint.dataSource.timeout, Self.longTimeout) : endpoint.dataSource.timeout
    let fields = [
      "query=\(PercentEncoding.encode(expression))",
      "start=\((piece.lowerBound + 1) * step)", "end=\(piece.upperBound * step)", "step=\(step)",
      "timeout=\(Double(timeout.milliseconds) / 1000)",
    ]
    var request = PrometheusClient.request(Self.path, fields, form, from: endpoint)
    request.timeout = timeout
    return request
  }
}
