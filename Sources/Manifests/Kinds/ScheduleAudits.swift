internal import Scaling

/// Runs `ScheduleAudit` once for all policies with the same timetable, whatever their numbers: an
/// audit walks over more than a year, and policies are made from templates.
///
/// The files of one reading share it, and the threads that decode them. Whoever wants an audit
/// that has not been made waits for the files before its own: which schedules the budget lasts for
/// depends on the order of the files and on nothing else. Those made from templates wait for the
/// first file only.
final class ScheduleAudits: Sendable {
  private let zones: any TimeZoneDatabase
  private let now: Instant
  private let state: Monitor<State>

  private struct State {
    var known: [Schedule: [ScheduleAudit.Finding]] = [:]
    /// The schedule that is being audited: one at a time, because only one file is the next.
    var current: Schedule?
    var budget: Int
    /// The files that have been decoded: all before `next`, and some behind it.
    var next = 0
    var ahead: Set<Int> = []
  }

  private enum Step {
    case answer([ScheduleAudit.Finding])
    case audit
  }

  /// - Parameters:
  ///   - now: Windows that are over by then are of no interest.
  ///   - budget: How many windows may be walked over, roughly, before no audit is begun any more.
  ///     A million take about half a second.
  init(zones: any TimeZoneDatabase, now: Instant, budget: Int) {
    self.zones = zones
    self.now = now
    state = Monitor(State(budget: budget))
  }

  /// What is probably a mistake in a schedule whose time zones exist; nothing when the budget is
  /// spent.
  ///
  /// - Parameter file: Which of the files that are decoded at once asks, counted from 0; nil when
  ///   they are decoded one after the other.
  func findings(of schedule: Schedule, file: Int?) -> [ScheduleAudit.Finding] {
    let schedule = schedule.auditedForm
    // A window a day for every rule; and around every date, each rule is looked at on five days.
    let dates = schedule.rules.reduce(0) { $0 + $1.dates.count }
    let days = Int(ScheduleAudit.horizon.components.seconds / 86_400) + 5 * dates
    let cost = schedule.rules.count * days
    let step = state.wait { (state) -> Step? in
      if let known = state.known[schedule] { return .answer(known) }
      guard schedule != state.current else { return nil }
      // The budget only falls.
      guard cost <= state.budget else { return .answer([]) }
      guard file == nil || file == state.next else { return nil }
      state.budget -= cost
      state.current = schedule
      return .audit
    }
    switch step {
    case .answer(let findings):
      return findings
    case .audit:
      // The only error is an unknown time zone, which the decoder has reported.
      let findings = (try? ScheduleAudit.findings(of: schedule, zones: zones, from: now)) ?? []
      state.change {
        $0.known[schedule] = findings
        $0.current = nil
      }
      return findings
    }
  }

  /// Other files begin, counted from 0.
  func began() {
    state.change {
      $0.next = 0
      $0.ahead = []
    }
  }

  /// A file has been decoded.
  func finished(file: Int) {
    state.change { state in
      state.ahead.insert(file)
      while state.ahead.remove(state.next) != nil { state.next += 1 }
    }
  }
}
