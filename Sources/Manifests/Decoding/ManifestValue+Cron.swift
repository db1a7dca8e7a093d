internal import Scaling
internal import Time

extension ManifestValue {
  private static let cronExpected = "a cron schedule of five fields such as \"0 9 * * 1-5\""

  /// When KEDA's cron trigger is active: `start` and `end`, each a cron schedule.
  func cronWindow() -> CronWindow? {
    let example = "{start: \"0 9 * * 1-5\", end: \"0 18 * * 1-5\"}"
    guard let fields = mapping(hint: "write \(example)") else { return nil }
    let start = fields.required("start", example: "\"0 9 * * 1-5\"")
    let end = fields.required("end", example: "\"0 18 * * 1-5\"")
    fields.reportUnknown(elsewhere: PolicyFieldHome.advice)
    guard let start, let end, let startText = start.cronText(), let endText = end.cronText() else {
      return nil
    }
    do throws(InvalidCronSchedule) {
      return try CronWindow(start: startText, end: endText)
    } catch {
      self.error("\(error)")
      return nil
    }
  }

  /// The text of a schedule that can be read, without a zone of its own.
  private func cronText() -> String? {
    guard let text = text(expected: Self.cronExpected, orNumber: false) else { return nil }
    let (zone, rest) = text.cronZone
    if let zone {
      error("the zone does not belong here; write timeZone: \(zone) and \(quoted(rest))")
      return nil
    }
    return cron(rest).map { _ in text }
  }

  /// A schedule, and the zone that it begins with, or else UTC.
  func zonedCronSchedule(
    _ zones: any TimeZoneDatabase
  ) -> (schedule: CronSchedule, zone: NamedTimeZone)? {
    guard let text = text(expected: Self.cronExpected, orNumber: false) else { return nil }
    let (zone, rest) = text.cronZone
    guard let schedule = cron(rest) else { return nil }
    guard let zone, zone != "UTC" else { return (schedule, .utc) }
    guard let name = timeZone(named: zone, zones), let rules = zones.timeZone(named: name) else {
      return nil
    }
    return (schedule, NamedTimeZone(name: name, rules: rules))
  }

  private func cron(_ text: String) -> CronSchedule? {
    do throws(InvalidCronSchedule) {
      return try CronSchedule(text: text)
    } catch {
      self.error("\(error)")
      return nil
    }
  }
}

extension String {
  /// The zone that a schedule begins with, as robfig/cron reads it, and the rest.
  fileprivate var cronZone: (zone: String?, rest: String) {
    for prefix in ["CRON_TZ=", "TZ="] where hasPrefix(prefix) {
      let words = dropFirst(prefix.count).split(separator: " ", maxSplits: 1)
      return (words.first.map(String.init) ?? "", words.count == 2 ? String(words[1]) : "")
    }
    return (nil, self)
  }
}
