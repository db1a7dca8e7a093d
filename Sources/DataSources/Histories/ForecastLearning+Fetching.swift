internal import EventLoop
internal import HTTPClient
internal import Scaling
internal import Telemetry

/// One request after the other: what is asked, and what an answer means for a track.
extension ForecastLearning {
  func fetch(_ number: Int) {
    guard let track = tracks[number], let source = sources[track.history.query.source] else {
      return
    }
    let query = track.history.query
    guard
      let piece = tracks[number]?.history.fetchBegan(at: configuration.wallClock())
    else { return }
    do throws(FetchFailure) {
      guard
        let endpoint = try sources[query.source]?.credentials.endpoint(
          of: source.dataSource.asked(with: query.options))
      else { return }
      try send(number, query, piece, source.form, endpoint, isSecond: false)
    } catch {
      ended(number, .failure(error))
    }
  }

  private func send(
    _ number: Int, _ query: HistoryQuery, _ piece: Range<Int>, _ form: QueryForm,
    _ endpoint: SourceEndpoint, isSecond: Bool
  ) throws(FetchFailure) {
    let request = query.request(piece, form, from: endpoint)
    tracks[number]?.call = try sources[query.source]?.client.send(request) {
      [unowned self] result in
      self.assumeIsolated { learning in
        learning.tracks[number]?.call = nil
        learning.received(
          number, result, query, piece, form, endpoint, isSecond: isSecond)
      }
    }
  }

  private func received(
    _ number: Int, _ result: Result<HTTPResponse, FetchFailure>, _ query: HistoryQuery,
    _ piece: Range<Int>, _ form: QueryForm, _ endpoint: SourceEndpoint, isSecond: Bool
  ) {
    let metrics = configuration.metrics.source(
      query.source.description, kind: DataSource.Kind.prometheus.rawValue)
    switch result {
    case .success(let response):
      do throws(FetchFailure) {
        // A range says its times itself.
        if !isSecond, let other = form.alternative(after: response), !other.givesTime {
          return try send(number, query, piece, other, endpoint, isSecond: true)
        }
        let answer = try HistoryAnswer(response, to: query, piece, from: endpoint)
        sources[query.source]?.form = form
        metrics.fetchSucceeded(after: response.duration, forecastAge: nil)
        ended(number, .success(answer))
      } catch {
        metrics.fetchFailed(reason: error.reason.label, after: response.duration)
        ended(number, .failure(error))
      }
    case .failure(let failure):
      metrics.fetchFailed(reason: failure.reason.label, after: failure.duration)
      ended(number, .failure(failure))
    }
  }

  private func ended(_ number: Int, _ result: Result<HistoryAnswer, FetchFailure>) {
    guard let query = tracks[number]?.history.query else { return }
    sources[query.source]?.line.left()
    switch result {
    case .success(let answer):
      switch tracks[number]?.history.answered(answer) {
      case .learn(let values): learn(number, values)
      case .wait:
        if case .partial(let reason) = answer {
          journal.answeredInPart(reason, query, at: configuration.wallClock())
        }
        wake(number, at: loop.now + backOff(failures: 1))
      case nil: return
      }
    case .failure(let failure):
      failed(number, failure)
    }
    timeArrived()
  }

  private func failed(_ number: Int, _ failure: FetchFailure) {
    guard tracks[number] != nil else { return }
    tracks[number]?.history.failed()
    guard let track = tracks[number] else { return }
    journal.failed(failure, track.history.query, at: configuration.wallClock())
    wake(number, at: loop.now + backOff(failures: max(track.history.failures, 1)))
    tell(track.forecasts, failure)
  }

  func tell(_ forecasts: [LearntForecast], _ failure: FetchFailure) {
    let now = configuration.wallClock()
    for forecast in forecasts {
      forecast.failure = Reading.Failure(
        since: forecast.failure?.since ?? now, message: failure.message,
        kind: failure.kind)
      publish(forecast)
    }
  }

  /// A second, then twice as long each time up to a minute; and up to a tenth shorter.
  private func backOff(failures: Int) -> Duration {
    let seconds = Double(min(1 << min(failures - 1, 6), 60))
    return .milliseconds(Int64(seconds * 1000 * Double.random(in: 0.9...1, using: &jitter)))
  }
}
