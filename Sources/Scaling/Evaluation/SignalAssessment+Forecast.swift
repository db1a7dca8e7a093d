package import Time

extension SignalAssessment {
  /// A forecast is fresh until its snapshot is `maxAge` old or called stale by the forecaster; then
  /// it is lost, and its series counts as long as it reaches into the window (design, section 1).
  ///
  /// A failing fetch alone does not make a snapshot stale: it says nothing about the snapshot's
  /// own age. It is shown with the problem once there is one. A forecaster that answers a snapshot
  /// which no lead window reaches is not to be believed: what it said before is held at once. A
  /// snapshot from the future, which is a forecaster with a fast clock, has the age 0.
  init(
    forecast signal: ForecastSignal, reading: Reading?, leadTime: Duration, window: LeadWindow,
    changes: inout NextChange
  ) {
    guard let reading, case .forecast(let snapshot)? = reading.value else {
      self = .unread(reading)
      return
    }
    let series = signal.plan?.planned(snapshot) ?? snapshot
    let now = window.from
    let maxAge = signal.maxAge ?? Self.defaultMaxAge(leadTime: leadTime)
    let tooOld = series.generatedAt.advanced(by: maxAge)
    let staleFrom = min(tooOld, reading.staleSince ?? .distantFuture)
    changes.note(staleFrom)

    guard Self.note(series, window: window, changes: &changes) else {
      let failure = reading.failure
      let gap = series.gap(to: window).map { $0 + Self.lastFailure(reading) }
      self.init(
        knowledge: .lost(nil), dataTime: series.generatedAt, readAt: reading.obtainedAt,
        problem: failure?.kind == .outside ? failure?.message : gap)
      return
    }
    if let failure = reading.failure, failure.kind == .outside {
      self.init(
        knowledge: .lost(.series(series)), dataTime: series.generatedAt,
        readAt: reading.obtainedAt, problem: failure.message, failingSince: failure.since)
      return
    }
    guard now >= staleFrom else {
      self.init(
        knowledge: .fresh(.series(series)), dataTime: series.generatedAt,
        readAt: reading.obtainedAt, account: reading.$account)
      return
    }
    let reason =
      staleFrom == tooOld
      ? "the snapshot is older than \(maxAge.text)" : "the forecaster calls the snapshot stale"
    self.init(
      knowledge: .lost(.series(series)), dataTime: series.generatedAt,
      readAt: reading.obtainedAt, problem: reason + Self.lastFailure(reading))
  }

  /// Notes when the part of a series that lies in the window changes.
  ///
  /// - Returns: whether any of it lies there now.
  static func note(
    _ series: ForecastSeries, window: LeadWindow, changes: inout NextChange
  ) -> Bool {
    let steps = series.indices(from: window.from, to: window.to)
    guard !steps.isEmpty else {
      changes.note(window.entry(of: series.generatedAt))
      return false
    }
    changes.note(series.start(ofStep: steps.lowerBound + 1))
    if steps.upperBound < series.replicas.count {
      changes.note(window.entry(of: series.start(ofStep: steps.upperBound)))
    }
    return true
  }

  /// Twice the lead time (design, section 1); with no lead time, twice the default one, for nothing
  /// is ever younger than 0.
  static func defaultMaxAge(leadTime: Duration) -> Duration {
    let leadTime = leadTime.milliseconds > 0 ? leadTime : Policy.Defaults.leadTime
    let (doubled, overflow) = leadTime.milliseconds.multipliedReportingOverflow(by: 2)
    return .milliseconds(overflow ? Int64.max : doubled)
  }

  private static func lastFailure(_ reading: Reading) -> String {
    reading.failure.map { "; \($0.message)" } ?? ""
  }
}

extension ForecastSeries {
  /// Why nothing of it lies in a lead window; nil when something does.
  ///
  /// - Returns: one sentence that goes on after a colon.
  package func gap(from now: Instant, leadTime: Duration) -> String? {
    gap(to: LeadWindow(from: now, leadTime: leadTime))
  }

  func gap(to window: LeadWindow) -> String? {
    guard indices(from: window.from, to: window.to).isEmpty else { return nil }
    return end <= window.from
      ? "the snapshot ends at \(end.rfc3339)"
      : "the snapshot begins only at \(generatedAt.rfc3339)"
  }
}
