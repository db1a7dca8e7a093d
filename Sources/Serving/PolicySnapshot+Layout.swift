internal import DecisionEngine
internal import Scaling
internal import Time

extension PolicySnapshot {
  /// The readings, with the schedules laid out for every lead window that begins before `until`.
  ///
  /// - Parameter leadTime: the longest that shall be asked about; the policy's own if that is longer.
  func readings(
    from: Instant, until: Instant, leadTime: Duration = .zero, zones: any TimeZoneDatabase
  ) -> [SignalReading] {
    let end = until.advanced(by: max(policy.leadWindow, leadTime))
      .advanced(by: .milliseconds(1))
    return zip(policy.signals, readings).map { signal, reading in
      guard case .schedule(let schedule) = signal.kind,
        let timeline = try? schedule.timeline(from: from, to: end, zones: zones)
      else { return reading }
      return .schedule(timeline)
    }
  }
}
