internal import Scaling

/// Decodes when a workload may be taken to zero.
enum ActivityDecoder {
  /// The `activity` of a ScalingPolicy.
  static func decode(
    _ value: ManifestValue, limits: ReplicaLimits, zones: any TimeZoneDatabase
  ) -> ActivityRules? {
    guard let fields = value.mapping() else { return nil }
    var rules = ActivityRules()
    rules.cooldown =
      fields.optional("cooldown")?.duration(in: ManifestLimits.cooldown) ?? rules.cooldown
    let counts = 1...ManifestLimits.replicas.upperBound
    rules.activeReplicas = fields.optional("activeReplicas")?.integer(in: counts) ?? 1
    rules.enabledPeriod = fields.optional("enabledPeriod").flatMap {
      enabledPeriod($0, zones: zones)
    }
    rules.service = fields.optional("service")?.objectName()
    fields.reportUnknown(elsewhere: PolicyFieldHome.advice)
    if limits.minReplicas > 0 {
      value.warning(
        "minReplicas is \(limits.minReplicas), so that the workload is never taken to zero")
    }
    return rules
  }

  /// KubeElasti's, with its defaults: the whole of every day, in UTC. As there, a schedule may begin
  /// with the zone of its times: `CRON_TZ=Europe/Berlin 0 8 * * 1-5`.
  static func enabledPeriod(
    _ value: ManifestValue, zones: any TimeZoneDatabase
  ) -> EnabledPeriod? {
    guard let fields = value.mapping() else { return nil }
    let schedule = fields.optional("schedule")
    let duration =
      fields.optional("duration").map { $0.duration(in: ManifestLimits.period) }
      ?? .seconds(86_400)
    fields.reportUnknown()
    let daily = try? CronSchedule(text: "0 0 * * *")
    let cron = schedule.map { $0.zonedCronSchedule(zones) } ?? daily.map { ($0, .utc) }
    guard let (cron, zone) = cron, let duration else { return nil }
    return EnabledPeriod(schedule: cron, in: zone, duration: duration)
  }
}
