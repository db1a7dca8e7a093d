internal import HTTPClient
internal import Scaling
internal import Time

/// What a successful fetch brought.
enum FetchAnswer: Hashable {
  case forecast(ForecasterClient.Forecast)
  case sample(PrometheusClient.Sample)
  /// The server calls its answer to a query partial: the value is at least this.
  case partial(atLeast: Double?, reason: String)
  /// Of a probe: there is somebody.
  case alive
}

extension FetchTarget {
  /// The request that fetches it.
  ///
  /// - Parameter form: Of a query.
  func request(from endpoint: SourceEndpoint, form: QueryForm, now: Instant) -> HTTPRequest {
    switch self {
    case .feed(.forecast(_, let workload, _, _)):
      ForecasterClient.request(workload: workload, from: endpoint)
    case .feed(.query(_, let promQL, _, _)):
      PrometheusClient.request(promQL: promQL, from: endpoint, form: form, now: now)
    case .feed(.json(_, let query, _, _)):
      JSONClient.request(query.value, from: endpoint, now: now)
    // A history is asked for by whoever learns it.
    case .feed(.builtIn): PrometheusClient.probe(from: endpoint, form: form, now: now)
    case .probe(let key):
      switch key.kind {
      case .forecaster: ForecasterClient.probe(from: endpoint)
      case .prometheus: PrometheusClient.probe(from: endpoint, form: form, now: now)
      case .http: JSONClient.probe(from: endpoint)
      }
    }
  }

  /// Reads the answer to `request`.
  func answer(
    in response: HTTPResponse, from endpoint: SourceEndpoint
  ) throws(FetchFailure) -> FetchAnswer {
    switch self {
    case .feed(.json(_, let query, .number(let onEmpty), _)):
      return .sample(
        try JSONClient.sample(in: response, of: query.value, onEmpty: onEmpty, from: endpoint))
    case .feed(.json(_, let query, .forecast(let loads), _)):
      return .forecast(
        try JSONClient.forecast(in: response, of: query.value, loads: loads, from: endpoint))
    case .feed(.forecast(_, let workload, let loads, _)):
      return .forecast(
        try ForecasterClient.forecast(
          in: response, workload: workload, loads: loads, from: endpoint))
    case .feed(.query(_, _, let onEmpty, _)):
      switch try PrometheusClient.sample(in: response, onEmpty: onEmpty, from: endpoint) {
      case .whole(let sample): return .sample(sample)
      case .partial(let bound, let reason): return .partial(atLeast: bound, reason: reason)
      }
    case .feed(.builtIn):
      _ = try PrometheusClient.sample(in: response, onEmpty: .error, from: endpoint)
      return .alive
    case .probe(let key):
      switch key.kind {
      case .forecaster: try ForecasterClient.checkProbe(response, from: endpoint)
      case .prometheus:
        _ = try PrometheusClient.sample(in: response, onEmpty: .error, from: endpoint)
      case .http: try JSONClient.checkProbe(response, from: endpoint)
      }
      return .alive
    }
  }
}

extension FetchAnswer {
  /// Of a forecast, how long ago it was generated.
  func forecastAge(at now: Instant) -> Duration? {
    guard case .forecast(let forecast) = self else { return nil }
    return forecast.series.generatedAt.duration(to: now)
  }
}
