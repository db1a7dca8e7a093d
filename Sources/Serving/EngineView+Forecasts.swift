internal import DataSources
internal import DecisionEngine
internal import EventLoop
internal import Scaling
internal import SidePort
internal import Telemetry
internal import Time

/// What the built-in forecasts of a policy say.
extension EngineView {
  func forecasts(_ name: ResourceName) -> SidePortContent.Answer<ForecastRecords> {
    answer(about: name) { detail in
      let snapshot = detail.snapshot
      var records: [ForecastRecord] = []
      for (index, signal) in snapshot.policy.signals.enumerated() {
        guard case .forecast(let forecast) = signal.kind, let model = forecast.builtIn,
          index < snapshot.readings.count, index < snapshot.decision.contributions.count,
          case .forecast(let reading) = snapshot.readings[index]
        else { continue }
        let contribution = snapshot.decision.contributions[index]
        var record = ForecastRecord(
          signal: signal.name, isObserved: signal.observe, model: model,
          state: contribution.state, problem: contribution.problem, account: reading?.account)
        if case .forecast(let series)? = reading?.value { record.series = series }
        if let feed = detail.feeds[index] {
          record.past =
            learning.loop.call(within: Self.patience) { [learning] in
              learning.assumeIsolated { $0.past(of: feed) }
            } ?? []
        }
        records.append(record)
      }
      return .found(
        ForecastRecords(policy: snapshot.policy.name, now: snapshot.decision.at, forecasts: records)
      )
    }
  }

  /// How each built-in forecast of a policy does, for the metrics.
  func forecastSamples(of policy: PolicySnapshot) -> [ForecastSample] {
    zip(policy.policy.signals, policy.readings).compactMap { signal, reading in
      guard case .forecast(let reading?) = reading, let account = reading.account,
        let step = account.steps.first
      else { return nil }
      return ForecastSample(
        signal: signal.name, quantile: account.quantile, expected: step.expected,
        atMost: step.atMost, kept: account.kept, skill: account.skill,
        charge: account.charge.rawValue, missing: account.missing)
    }
  }
}
