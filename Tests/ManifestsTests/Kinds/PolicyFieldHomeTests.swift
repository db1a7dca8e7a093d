internal import Testing

@testable internal import Manifests

/// Fields that stand where they do not belong.
struct PolicyFieldHomeTests {
  /// The fields of a policy, by where they belong.
  private static let places = [
    "spec.signals[].schedule.rules[]": [
      "cron", "days", "dates", "months", "calendar", "except", "from", "to", "start", "end",
      "replicas",
      "atMost", "priority",
    ],
    "spec.signals[].schedule": ["rules", "default", "timeZone"],
    "spec.signals[].prometheus": [
      "query", "threshold", "activationThreshold", "onEmpty", "evidence", "uptimeFilter",
    ],
    "spec.signals[].forecast": ["quantile", "history"],
    "spec.signals[]": ["schedule", "prometheus", "forecast", "required"],
    "spec.limits": ["minReplicas", "maxReplicas"], "spec": ["limits"],
    "spec or spec.signals[]": ["leadTime", "hold"],
  ]

  @Test(arguments: places.flatMap { place, keys in keys.map { (place, $0) } })
  func `A field that stands elsewhere is sent where it belongs`(place: String, key: String) throws {
    let elsewhere: [String] = [
      policy("\(key): 1\nsignals: [{schedule: {default: 2}}]"),
      policy("signals: [{\(key): 1}]"), policy("signals: [{schedule: {\(key): 1}}]"),
      policy("signals: [{prometheus: {\(key): 1}}]"), rule("\(key): 1"),
      rule("cron: {start: \"0 9 * * 1-5\", end: \"0 18 * * 1-5\", \(key): 1}"),
    ].flatMap { text -> [String] in decode(text).lines }.filter {
      $0.contains(".\(key): unknown field")
    }
    try #require(elsewhere.count >= 4, "\(elsewhere)")
    for line in elsewhere {
      let words = "unknown field here; it belongs into \(place), such as "
      let found = try #require(line.firstRange(of: words), "\(line)")
      let example = line[found.upperBound...]
      #expect(example.contains(key))
      let signals = example.contains("signals:") ? "" : ", signals: [{schedule: {default: 2}}]"
      let good = decode(policy("{\(example)\(signals)}"))
      #expect(good.isGood, "\(example): \(good.lines)")
    }
  }

  @Test(arguments: [
    (
      "signals: [{schedule: {desiredReplicas: 5}}]",
      "replicas is meant, which belongs into spec.sig"
    ),
    (
      "signals: [{timezone: UTC}]", "timeZone is meant, which belongs into spec.signals[].schedule,"
    ),
    ("maxReplicaCount: 5", "maxReplicas is meant, which belongs into spec.limits, such as limits:"),
    (
      "cooldownPeriod: 5m", "cooldown is meant, which belongs into spec.activity, such as activity:"
    ),
    ("signals: [{schedule: {timezone: UTC}}]", "timezone: unknown field; did you mean timeZone?"),
    ("signals: [{forecast: {query: up}}]", "it belongs into spec.signals[].forecast, such as"),
  ])
  func `KEDA's words are known`(spec: String, words: String) {
    #expect(
      decode(policy(spec)).lines.contains { $0.contains(words) }, "\(decode(policy(spec)).lines)")
  }

  @Test(arguments: ["cron", "prometheus", "kafka"])
  func `A trigger of KEDA in place of a signal is called one`(type: String) throws {
    let lines = decode(
      policy("signals: [{name: a, type: \(type), metadata: {desiredReplicas: \"5\"}}]")
    ).lines
    let line = try #require(lines.first)
    #expect(lines.count == 1, "\(lines)")
    #expect(line.contains("found a trigger of KEDA; headstart import makes signals"))
    guard let written = line.firstRange(of: ", or write ") else {
      #expect(type == "kafka" && line.contains("only cron and prometheus have a counterpart"))
      return
    }
    let good = decode(policy("signals: [{\(line[written.upperBound...])}]"))
    #expect(good.isGood, "\(good.lines)")
  }
}
