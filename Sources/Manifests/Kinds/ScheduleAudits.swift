internal import Scaling
internal import Time

/// Runs `ScheduleAudit` once for all policies with the same timetable, whatever their numbers: an
/// audit walks over more than a year, and policies are made from templates.
///
/// Confined to the thread that decodes the files of one reading.
final class ScheduleAudits {
  private let zones: any TimeZoneDatabase
  private let now: Instant
  private var known: [Schedule: [ScheduleAudit.Finding]] = [:]
  private var budget: Int

  /// - Parameters:
  ///   - now: Windows that are over by then are of no interest.
  ///   - budget: How many windows may be walked over, roughly, before no audit starts any more.
  ///     A million take about half a second.
  init(zones: any TimeZoneDatabase, now: Instant, budget: Int) {
    self.zones = zones
    self.now = now
    self.budget = budget
  }

  /// What is probably a mistake in a schedule whose time zones exist; nothing when the budget is
  /// spent.
  func findings(of schedule: Schedule) -> [ScheduleAudit.Finding] {
    let schedule = schedule.auditedForm
    if let known = known[schedule] { return known }
    // A window a day for every rule; and around every date, each rule is looked at on five days.
    let dates = schedule.rules.reduce(0) { $0 + $1.dates.count }
    let days = Int(ScheduleAudit.horizon.components.seconds / 86_400) + 5 * dates
    let cost = schedule.rules.count * days
    guard cost <= budget else { return [] }
    budget -= cost
    // The only error is an unknown time zone, which the decoder has reported.
    let findings = (try? ScheduleAudit.findings(of: schedule, zones: zones, from: now)) ?? []
    known[schedule] = findings
    return findings
  }
}
