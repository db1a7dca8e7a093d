internal import Forecasting
internal import Scaling
internal import Time

extension LearntForecast {
  /// What a signal reads of it.
  ///
  /// - Parameters:
  ///   - read: which part of the history is read, 0 to 1; nil once all of it is.
  ///   - now: when it was obtained.
  func reading(for model: BuiltInForecast, read: Double?, at now: Instant) -> Reading {
    if let read {
      let days = wanted.components.seconds / 86_400
      let known = Int(read * Double(days))
      return Reading(
        failure: Reading.Failure(
          since: failure?.since ?? now,
          message: "learning: \(known) of \(days) days are read"
            + (failure.map { "; \($0.message)" } ?? ""), kind: failure?.kind ?? .learning))
    }
    if case .silent(let needed) = forecaster.stage {
      let values = needed == 1 ? "1 value is" : "\(needed) values are"
      return Reading(
        failure: Reading.Failure(
          since: failure?.since ?? now,
          message: "learning: \(values) needed" + (failure.map { "; \($0.message)" } ?? ""),
          kind: failure?.kind ?? .silent))
    }
    guard let forecast = forecaster.forecast() else { return Reading(failure: failure) }
    let series = ForecastSeries(
      generatedAt: Instant(
        milliseconds: Int64(forecast.firstBucket) * model.step.milliseconds),
      step: model.step, replicas: forecast.loads.map(model.replicas))
    return Reading(
      value: .forecast(series), obtainedAt: now, failure: failure, account: account(of: forecast))
  }

  /// What it tells of itself.
  func account(of forecast: LoadForecast) -> ForecastAccount {
    let steps = zip(forecast.medians, forecast.loads).enumerated().map { horizon, loads in
      let bucket = forecast.firstBucket + horizon
      return ForecastAccount.Step(
        expected: loads.0, atMost: loads.1, usual: forecaster.usualLoad(at: bucket),
        weekday: weekday(of: bucket))
    }
    let skill = forecaster.skill
    return ForecastAccount(
      quantile: model.quantile, steps: steps,
      lastHourAboveUsual: forecaster.lastHourAboveUsual, kept: forecaster.kept,
      skill: skill?.value, bestGuess: skill.map { ForecastAccount.Model($0.guess) },
      charge: ForecastAccount.Model(forecast.charge), addition: forecaster.addition,
      stage: stage, history: forecaster.history, wanted: wanted,
      missing: forecaster.missingCount)
  }

  private func weekday(of bucket: Int) -> Weekday {
    let step = Int(model.step.components.seconds)
    let local = (bucket + forecaster.clock.offset(at: bucket)) * step
    return CivilDate(daysSince1970: Int((Double(local) / 86_400).rounded(.down))).weekday
  }

  private var stage: String? {
    switch forecaster.stage {
    case .silent: nil
    case .hours(let hours): "learning: \(hours) h of history"
    case .days(let days): days == 1 ? "knows 1 day" : "knows \(days) days"
    // A source that forgets sooner than was asked for.
    case .settled where forecaster.history + .seconds(86_400) < wanted:
      "knows \(forecaster.history.components.seconds / 86_400) days"
    case .settled: nil
    }
  }
}

extension ForecastAccount.Model {
  init(_ model: ForecastModel) {
    self =
      switch model {
      case .regression: .regression
      case .lastValue: .lastValue
      case .yesterday: .yesterday
      case .lastWeek: .lastWeek
      }
  }
}

extension FetchFailure {
  static func undefined(_ source: ResourceName) -> FetchFailure {
    FetchFailure(.undefined, "data source \"\(source)\" is not defined (type prometheus)")
  }
}

extension ForecastKey {
  /// What the state that is learnt belongs to: the server and the tenant that are asked, whatever the
  /// data source is called.
  func at(_ source: DataSource) -> ForecastKey {
    var sent = source.parameters
    for (name, value) in source.headers where name.lowercased() == "x-scope-orgid" {
      sent["x-scope-orgid:"] = value
    }
    // What the signal itself says counts.
    sent.merge(queryParameters) { $1 }
    return ForecastKey(
      source: source.address, query: query, queryParameters: sent,
      parameters: self.parameters, aggregation: aggregation, timeZone: timeZone,
      exclusions: exclusions)
  }

  /// What a forecast of a data source is learnt under.
  ///
  /// Nil for values that manifests exclude.
  init?(_ model: BuiltInForecast, source: ResourceName) {
    guard
      let parameters = ForecastParameters(
        step: model.step, leadTime: model.leadTime, threshold: model.threshold,
        quantile: model.quantile, ignoresOutages: model.ignoresOutages)
    else { return nil }
    self.init(
      source: "\(source)", query: model.query, queryParameters: model.options.sent,
      parameters: parameters,
      aggregation: model.bucket == .max ? .maximum : .mean, timeZone: model.timeZone,
      exclusions: model.exclusions.map {
        Int($0.lowerBound.milliseconds / 1000)..<Int($0.upperBound.milliseconds / 1000)
      })
  }
}

extension RequestOptions? {
  /// What the answer depends on, by name.
  fileprivate var sent: [String: String] {
    guard let self else { return [:] }
    var sent = self.parameters
    for (name, value) in self.headers { sent["\(name.lowercased()):"] = value }
    return sent
  }
}
