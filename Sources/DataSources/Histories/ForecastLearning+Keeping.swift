internal import EventLoop
internal import Forecasting
internal import Scaling
internal import Time

/// What is learnt outlives the process, so that a restart asks only for what is new.
extension ForecastLearning {
  /// How often the state of a forecast is kept while it learns bucket after bucket.
  private static let keepingInterval = Duration.seconds(900)

  /// Begins with what was learnt before, by this replica or by another one, and follows the query
  /// from there. A source that is not defined is waited for.
  func begin(_ forecast: LearntForecast) {
    let name = forecast.query.source
    guard let source = sources[name]?.dataSource else {
      return tell([forecast], .undefined(name))
    }
    forecast.belongs(to: source)
    forecast.isLooking = true
    guard let store = configuration.store else { return askPeers(for: forecast) }
    let key = forecast.key
    store.load(forecast.fingerprint) { [self] state in
      loop.post { self.assumeIsolated { $0.loaded(state, key) } }
    }
  }

  private func loaded(_ state: [UInt8]?, _ key: ForecastKey) {
    guard timer != nil, let forecast = forecasts[key], forecast.isLooking else { return }
    if let state, take(state, for: forecast, from: "the state directory") {
      forecast.keptAt = loop.now
    }
    askPeers(for: forecast)
    timeArrived()
  }

  /// - Parameter origin: where the state was found, for the log.
  /// - Returns: whether the forecast goes on with it.
  func take(_ state: [UInt8], for forecast: LearntForecast, from origin: String) -> Bool {
    let now = configuration.wallClock()
    do throws(LearntState.Refusal) {
      guard try forecast.restore(state, at: now, clocks: &clocks) else { return false }
    } catch {
      journal.passedOver(origin, "\(error)", at: now)
      return false
    }
    publish(forecast)
    return true
  }

  /// Keeps what a forecast has learnt, now and then.
  func keep(_ forecast: LearntForecast) {
    let now = loop.now
    if let keptAt = forecast.keptAt, now - keptAt < Self.keepingInterval { return }
    forecast.keptAt = now
    configuration.store?.save(forecast.fingerprint, forecast.state.bytes)
  }

  /// Keeps everything: the process ends.
  func keepAll() {
    for forecast in forecasts.values where isComplete(forecast) {
      forecast.keptAt = nil
      keep(forecast)
    }
  }

  /// Whether it has learnt all of its history.
  func isComplete(_ forecast: LearntForecast) -> Bool {
    tracks[forecast.track]?.history.isLearning == false
  }
}
