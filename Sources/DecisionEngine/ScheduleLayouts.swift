internal import Scaling

/// Lays schedules out over time, once for all policies that have the same one.
///
/// Confined to the engine.
struct ScheduleLayouts {
  let zones: any TimeZoneDatabase
  private var latest: [Schedule: ScheduleTimeline] = [:]
  /// By where their signals lie.
  private var templates: [UInt: PolicyTemplate] = [:]

  /// How far beyond what is asked for a schedule is laid out: long enough to be rare, short enough
  /// that 100,000 policies do not fill the memory with rules of next week.
  private static let slack = Duration.seconds(6 * 3600)
  /// A fleet is made from fewer templates than that; where every policy has a schedule of its own,
  /// remembering all of them would cost more than it saves.
  private static let capacity = 1024

  init(zones: any TimeZoneDatabase) {
    self.zones = zones
  }

  /// What policies with these very signals, and not only with equal ones, have in common.
  mutating func template(of signals: [Signal]) -> PolicyTemplate {
    // The template holds the signals, so that no others come to lie there.
    let place = signals.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) }
    if let template = templates[place] { return template }
    if templates.count >= Self.capacity { templates.removeAll() }
    let template = PolicyTemplate(signals: signals)
    templates[place] = template
    return template
  }

  /// As the other one, without looking at the schedule where the template has been laid out already.
  ///
  /// - Parameter index: Of the signal whose schedule this is.
  mutating func timeline(
    of schedule: Schedule, at index: Int, in template: PolicyTemplate, from start: Instant,
    to end: Instant
  ) throws(UnknownTimeZone) -> ScheduleTimeline {
    if let timeline = template.timelines[index], timeline.covers(from: start, to: end) {
      return timeline
    }
    let timeline = try timeline(of: schedule, from: start, to: end)
    template.timelines[index] = timeline
    return timeline
  }

  /// - Returns: the schedule's steps over an interval that holds [start, end].
  mutating func timeline(
    of schedule: Schedule, from start: Instant, to end: Instant
  ) throws(UnknownTimeZone) -> ScheduleTimeline {
    if let timeline = latest[schedule], timeline.covers(from: start, to: end) { return timeline }
    let timeline = try schedule.timeline(
      from: start, to: end.advanced(by: Self.slack), zones: zones)
    if latest.count >= Self.capacity { latest.removeAll() }
    latest[schedule] = timeline
    return timeline
  }

  /// Forgets everything: the wall clock was set, and time zone rules may be others.
  mutating func removeAll() {
    latest.removeAll()
    templates.removeAll()
  }
}

/// What the policies that are made from one template have in common, found without comparing their
/// signals: those of a hundred thousand policies take a tenth of a second to hash.
///
/// Confined to the engine.
final class PolicyTemplate {
  private let signals: [Signal]
  fileprivate(set) var timelines = SignalTimelines()
  private var contributions: [Contribution] = []

  fileprivate init(signals: [Signal]) {
    self.signals = signals
  }

  /// The same contributions, in memory once for all policies that decided the same last. Where
  /// schedules alone ask for replicas, that is most of them.
  func shared(_ contributions: [Contribution]) -> [Contribution] {
    if contributions != self.contributions { self.contributions = contributions }
    return self.contributions
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
