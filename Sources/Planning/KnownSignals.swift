package import Scaling
internal import Time

/// What is known beforehand of the signals that are not schedules.
package struct KnownSignals: Hashable, Sendable {
  /// By the name of the signal. A series counts as fresh for as far as it reaches, as if the
  /// forecaster had confirmed it all the time.
  package var forecasts: [String: ForecastSeries]
  /// What every query of the policy answers, at every instant; nil when nothing is known of it. A
  /// value is seen in the instant in which it begins: no scrape and no refresh delays it.
  package var load: StepSeries?
  /// Built-in forecasts, by the name of the signal.
  package var walked: [String: WalkedForecast]

  package init(
    forecasts: [String: ForecastSeries] = [:], load: StepSeries? = nil,
    walked: [String: WalkedForecast] = [:]
  ) {
    self.forecasts = forecasts
    self.load = load
    self.walked = walked
  }

  /// Whether anything is known of a signal at any time.
  func know(_ signal: Signal) -> Bool {
    switch signal.kind {
    case .schedule: true
    case .forecast: forecasts[signal.name] != nil || walked[signal.name] != nil
    case .prometheus: load != nil
    }
  }
}

/// The readings that a policy has at every instant of a period.
struct KnownReadings {
  /// The policy, with forecasts that do not age.
  let policy: Policy
  private let timelines: [ScheduleTimeline?]
  private let known: KnownSignals

  /// - Throws: `UnknownTimeZone`, which validation has excluded.
  init(
    _ policy: Policy, known: KnownSignals, from: Instant, to: Instant,
    zones: any TimeZoneDatabase
  ) throws(UnknownTimeZone) {
    var ageless = policy
    var timelines: [ScheduleTimeline?] = []
    // The last window begins at the last instant of the period.
    let end = to.advanced(by: policy.leadWindow).advanced(by: .milliseconds(1))
    for index in policy.signals.indices {
      switch policy.signals[index].kind {
      case .schedule(let schedule):
        timelines.append(try schedule.timeline(from: from, to: end, zones: zones))
      case .forecast(var forecast):
        // A walked forecast ages as the server's does.
        if known.walked[policy.signals[index].name] == nil {
          forecast.maxAge = .milliseconds(Int64.max)
        }
        ageless.signals[index].kind = .forecast(forecast)
        timelines.append(nil)
      case .prometheus:
        timelines.append(nil)
      }
    }
    self.policy = ageless
    self.timelines = timelines
    self.known = known
  }

  /// One for each signal, at an instant of the period.
  func readings(at now: Instant) -> [SignalReading] {
    zip(policy.signals, timelines).map { signal, timeline in
      switch signal.kind {
      case .schedule: timeline.map { .schedule($0) } ?? .forecast(nil)
      case .forecast: .forecast(forecast(of: signal, at: now))
      case .prometheus: .prometheus(query(at: now), uptime: Reading(value: .sample(1)))
      }
    }
  }

  /// The first instant after `now` at which readings change.
  func nextReading(after now: Instant) -> Instant {
    known.walked.values.reduce(known.load?.nextStart(after: now) ?? .distantFuture) {
      min($0, $1.nextReading(after: now))
    }
  }

  private func forecast(of signal: Signal, at now: Instant) -> Reading? {
    if let walked = known.walked[signal.name] { return walked.reading(at: now) }
    return known.forecasts[signal.name].map {
      Reading(value: .forecast($0), obtainedAt: $0.generatedAt)
    }
  }

  /// Where the load is not known the query fails, as it does when its metrics are lost.
  private func query(at now: Instant) -> Reading? {
    guard let load = known.load else { return nil }
    if let value = load.value(at: now) { return Reading(value: .sample(value), obtainedAt: now) }
    let last = load.lastKnown(before: now)
    return Reading(
      value: last.map { .sample($0.value) }, obtainedAt: last?.until,
      failure: Reading.Failure(
        since: last?.until ?? now, message: "the load history has no sample for this time"))
  }
}

extension StepSeries {
  /// The last known value before an instant, and until when it was known.
  fileprivate func lastKnown(before now: Instant) -> (value: Double, until: Instant)? {
    guard let index = steps.lastIndex(where: { $0.start <= now && $0.value != nil }),
      let value = steps[index].value, index + 1 < steps.count
    else { return nil }
    return (value, steps[index + 1].start)
  }
}
