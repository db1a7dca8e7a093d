internal import Scaling
internal import Telemetry
internal import Time

/// Says once for each ScaledObject what its trigger means, and where that may surprise.
///
/// Confined to the engine.
struct TriggerLog {
  /// Cron rules that were looked at, whatever their numbers: that takes milliseconds, and people have
  /// few of them.
  private var audited: Set<Schedule> = []

  /// Names and metadata are a tenant's.
  private static let mostAudits = 500

  /// Keys of KEDA's prometheus trigger that Headstart leaves to the data source.
  private static let ofDataSource: Set<String> = ["authModes", "unsafeSsl", "timeout"]

  mutating func record(
    _ object: ScaledObject, policy: Policy, ignored: [String], zones: any TimeZoneDatabase,
    at now: Instant, to logger: Logger
  ) {
    let taken =
      [
        object.policy.map { _ in "policy" }, object.workload.map { _ in "workload" },
        object.leadTime.map { _ in "leadTime" }, object.metricName.map { _ in "metricName" },
      ].compactMap(\.self) + (object.trigger?.entries.map(\.key) ?? [])
    logger.debug(
      "a ScaledObject asks for the first time",
      [
        "object": "\(object)", "policy": "\(policy.name)",
        "taken": .string(taken.joined(separator: " ")),
        "ignored": .string(ignored.joined(separator: " ")),
      ])
    guard let trigger = object.trigger, policy.name.name.contains("@") else { return }
    let passedOver = ignored.filter(Self.ofDataSource.contains)
    if trigger["query"] != nil, !passedOver.isEmpty {
      logger.info(
        "metadata is the data source's business and is not used",
        ["object": "\(object)", "keys": .string(passedOver.joined(separator: " "))])
    }
    for signal in policy.signals {
      guard case .schedule(var schedule) = signal.kind else { continue }
      schedule = schedule.auditedForm
      guard audited.count < Self.mostAudits, audited.insert(schedule).inserted else { continue }
      for sentence in schedule.cronSurprises(from: now, zones: zones) {
        logger.warning("\(sentence)", ["object": "\(object)"])
      }
    }
  }
}
