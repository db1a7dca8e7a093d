package import Time

/// When a workload that is not needed may be taken to zero (KubeElasti's rules).
///
/// It is active while any signal asks for a replica, while too little is known to call it idle, and
/// outside of its enabled period; and it stays active for `cooldown` after the last of these, after
/// a wake-up, and after its first appearance.
package struct ActivityRules: Hashable, Sendable {
  /// How long every signal has to be healthy and ask for nothing before the workload is idle. Above
  /// 0.
  package var cooldown: Duration
  /// What being active asks for at least: 1 or more (KubeElasti's `minTargetReplicas`).
  package var activeReplicas: Int
  /// Outside of it the workload is never taken to zero; nil for always inside.
  package var enabledPeriod: EnabledPeriod?
  /// The Kubernetes Service that the workload answers, by which KubeElasti's resolver names it when
  /// it asks for a wake-up; nil for none.
  package var service: String?

  package enum Defaults {
    /// KubeElasti's 15 minutes, for a `cooldownPeriod` that is 0 or absent.
    package static let cooldown = Duration.seconds(900)
  }

  package init(
    cooldown: Duration = Defaults.cooldown, activeReplicas: Int = 1,
    enabledPeriod: EnabledPeriod? = nil, service: String? = nil
  ) {
    self.cooldown = cooldown
    self.activeReplicas = activeReplicas
    self.enabledPeriod = enabledPeriod
    self.service = service
  }
}

/// Recurring periods of equal length.
package struct EnabledPeriod: Hashable, Sendable {
  /// When a period begins.
  package var schedule: CronSchedule
  /// The zone of the schedule's times.
  package var zone: NamedTimeZone
  /// How long it lasts. Periods that overlap are one.
  package var duration: Duration

  package init(schedule: CronSchedule, in zone: NamedTimeZone = .utc, duration: Duration) {
    self.schedule = schedule
    self.zone = zone
    self.duration = duration
  }

  /// Whether an instant lies within a period, and when that could change: at the end of the latest
  /// period that has begun, which a later one may prolong, or else at the next beginning.
  package func state(at now: Instant) -> (isEnabled: Bool, until: Instant) {
    if let start = schedule.lastStart(notAfter: now, in: zone.rules) {
      let end = start.advanced(by: duration)
      if now < end { return (true, end) }
    }
    return (false, schedule.firstStart(after: now, in: zone.rules) ?? .distantFuture)
  }
}
