/// Where a field of a ScalingPolicy belongs that stands elsewhere in it: people write `cron` beside a
/// signal's name, or a rule's days right into its schedule.
enum PolicyFieldHome {
  /// A form in which a field is accepted, from `spec` on.
  private struct Home {
    var place: String
    var example: String
    /// What the field is called there, where that is something else.
    var name: String?

    static func rule(_ fields: String, name: String? = nil) -> Home {
      Home(
        place: "spec.signals[].schedule.rules[]",
        example: "signals: [{schedule: {rules: [{\(fields)}]}}]", name: name)
    }
  }

  /// The end of a sentence about a field that is not known where it stands; nil for one that is known
  /// nowhere.
  static func advice(for key: String) -> String? {
    (homes[key] ?? homes[key.lowercased()]).map(advice)
  }

  /// The same inside of a forecast, whose query is one of its own, and has no fields for a live value.
  static func adviceInForecast(for key: String) -> String? {
    switch key {
    case "query", "activationThreshold": advice(forecast)
    case "onEmpty", "evidence", "uptimeFilter": nil
    default: advice(for: key)
    }
  }

  /// What to make of a trigger of KEDA that stands in place of a signal: there it has a type and metadata.
  static func advice(forTriggerOf type: some Sequence<UInt8>) -> String {
    let counterpart =
      switch String(decoding: Array(type), as: UTF8.self) {
      case "cron":
        "write schedule: {timeZone: Europe/Berlin, rules: "
          + "[{cron: {start: \"0 8 * * *\", end: \"0 18 * * *\"}, replicas: 10}]}"
      case "prometheus": "write prometheus: \(query)"
      default: "of KEDA's triggers only cron and prometheus have a counterpart"
      }
    return "expected one of forecast, schedule, prometheus and http, found a trigger of KEDA; "
      + "headstart import makes signals of a ScaledObject's triggers, or \(counterpart)"
  }

  private static func advice(_ home: Home) -> String {
    let name = home.name.map { "\($0) is meant, which belongs" } ?? "it belongs"
    return "\(name) into \(home.place), such as \(home.example)"
  }

  private static let query = "{query: \"sum(rate(http_requests_total[1m]))\", threshold: 100}"

  private static let forecast = Home(
    place: "spec.signals[].forecast",
    example: "signals: [{forecast: {prometheus: \(query), quantile: 0.9, history: 28d, "
      + "timeZone: Europe/Berlin}}]")

  /// By the field. One that is written in other ways elsewhere is there in small letters.
  private static let homes: [String: Home] = {
    var homes = rules
    let schedule = Home(
      place: "spec.signals[].schedule",
      example: "signals: [{schedule: {timeZone: Europe/Berlin, default: 2, "
        + "rules: [{days: [Mon-Fri], replicas: 10}]}}]")
    for key in ["rules", "default", "timeZone"] { homes[key] = schedule }
    homes["timezone"] = Home(
      place: schedule.place, example: schedule.example, name: "timeZone")
    let signals = [
      "schedule": schedule.example, "prometheus": "signals: [{prometheus: \(query)}]",
      "forecast": forecast.example,
      "required": "signals: [{required: false, prometheus: \(query)}]",
    ]
    for (key, example) in signals { homes[key] = Home(place: "spec.signals[]", example: example) }
    let more = [
      "query": "", "threshold": "", "activationThreshold": ", activationThreshold: 5",
      "onEmpty": ", onEmpty: zero", "uptimeFilter": ", uptimeFilter: 'job=\"my-api\"'",
      "evidence": ", evidence: 'count(up{job=\"my-api\"} == 1)'",
    ]
    for (key, fields) in more {
      homes[key] = Home(
        place: "spec.signals[].prometheus",
        example: "signals: [{prometheus: \(query.dropLast())\(fields)}}]")
    }
    for key in ["quantile", "history"] { homes[key] = forecast }
    for key in ["leadTime", "hold"] {
      homes[key] = Home(
        place: "spec or spec.signals[]",
        example: "leadTime: 10m, hold: forever, signals: [{leadTime: 5m, schedule: {default: 2}}]")
    }
    let limits = "limits: {minReplicas: 2, maxReplicas: 50}"
    homes["limits"] = Home(place: "spec", example: limits)
    for key in ["minReplicas", "maxReplicas"] {
      homes[key] = Home(place: "spec.limits", example: limits)
      homes[key.lowercased().replacing("replicas", with: "replicacount")] = Home(
        place: "spec.limits", example: limits, name: key)
    }
    homes["cooldownperiod"] = Home(
      place: "spec.activity", example: "activity: {cooldown: 5m}", name: "cooldown")
    return homes
  }()

  private static let rules: [String: Home] = [
    "cron": .rule("cron: {start: \"0 9 * * 1-5\", end: \"0 18 * * 1-5\"}, replicas: 10"),
    "days": .rule("days: [Mon-Fri], replicas: 10"),
    "dates": .rule("dates: [\"12-24/12-26\"], replicas: 10"),
    "months": .rule("months: [Nov-Dec], replicas: 10"),
    "calendar": .rule("calendar: holidays, replicas: 10"),
    "except": .rule("days: [Mon-Fri], except: [\"12-25\"], replicas: 10"),
    "from": .rule("from: \"2036-11-28T00:00:00+01:00\", replicas: 10"),
    "to": .rule("to: \"2036-11-29T00:00:00+01:00\", replicas: 10"),
    "start": .rule("start: \"09:00\", end: \"18:00\", replicas: 10"),
    "end": .rule("start: \"09:00\", end: \"18:00\", replicas: 10"),
    "replicas": .rule("days: [Mon-Fri], replicas: 10"),
    "atMost": .rule("days: [Sat-Sun], atMost: 5"),
    "priority": .rule("dates: [\"12-24/12-26\"], replicas: 10, priority: 100"),
    "desiredreplicas": .rule("days: [Mon-Fri], replicas: 10", name: "replicas"),
  ]
}
