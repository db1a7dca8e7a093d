internal import Scaling
internal import Time

/// Lays schedules out over time, once for all policies that have the same one.
///
/// Confined to the engine.
struct ScheduleLayouts {
  let zones: any TimeZoneDatabase
  private var latest: [Schedule: ScheduleTimeline] = [:]

  /// How far beyond what is asked for a schedule is laid out: long enough to be rare, short enough
  /// that 100,000 policies do not fill the memory with rules of next week.
  private static let slack = Duration.seconds(6 * 3600)
  /// A fleet is made from fewer templates than that; where every policy has a schedule of its own,
  /// remembering all of them would cost more than it saves.
  private static let capacity = 1024
  /// Of all that are remembered: some 5 MiB. One that changes each minute has thousands.
  private static let mostSteps = 65_536
  private var stepCount = 0

  init(zones: any TimeZoneDatabase) {
    self.zones = zones
  }

  /// - Returns: the schedule's steps over an interval that holds [start, end].
  mutating func timeline(
    of schedule: Schedule, from start: Instant, to end: Instant
  ) throws(UnknownTimeZone) -> ScheduleTimeline {
    if let timeline = latest[schedule], timeline.covers(from: start, to: end) { return timeline }
    let timeline = try schedule.timeline(
      from: start, to: end.advanced(by: Self.slack), zones: zones)
    if latest.count >= Self.capacity || stepCount >= Self.mostSteps { removeAll() }
    stepCount += timeline.steps.count - (latest[schedule]?.steps.count ?? 0)
    latest[schedule] = timeline
    return timeline
  }

  /// Forgets everything: the wall clock was set, and time zone rules may be others.
  mutating func removeAll() {
    latest.removeAll()
    stepCount = 0
  }
}

/// The schedules of a policy's signals, laid out.
struct SignalTimelines {
  // Most policies have one schedule, and it is their first signal.
  private var first: ScheduleTimeline?
  private var others: [ScheduleTimeline?] = []

  /// Nil for a signal whose schedule is not laid out, or that has none.
  subscript(signal: Int) -> ScheduleTimeline? {
    get {
      guard signal > 0 else { return first }
      return signal <= others.count ? others[signal - 1] : nil
    }
    set {
      guard signal > 0 else {
        first = newValue
        return
      }
      while others.count < signal { others.append(nil) }
      others[signal - 1] = newValue
    }
  }
}

extension ScheduleTimeline {
  /// A schedule that is not laid out.
  static let nothing = ScheduleTimeline(from: .distantPast, to: .distantPast, steps: [])

  func covers(from start: Instant, to end: Instant) -> Bool {
    from <= start && end < to
  }
}
