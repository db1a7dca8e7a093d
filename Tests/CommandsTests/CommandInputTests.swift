internal import CivilTime
internal import Configuration
internal import Scaling
internal import TestKit
internal import Testing
internal import Time

@testable internal import Commands

/// What `plan`, `backtest` and `forecast` read before they start.
struct CommandInputTests {
  private static let now = Instant(milliseconds: 1_800_000_000_000)

  @Test(arguments: [
    ("2027-01-15T09:00:00+01:00", "2027-01-15T08:00:00Z"),
    ("2027-01-15T08:00:00", "2027-01-15T08:00:00Z"), ("2027-01-15 08:00", "2027-01-15T08:00:00Z"),
    ("2027-01-15 08:00:30", "2027-01-15T08:00:30Z"), ("2027-01-15", "2027-01-15T00:00:00Z"),
  ])
  func `a time without an offset is UTC`(text: String, expected: String) throws {
    #expect(
      try CommandInput.time(text, flag: "from", now: Self.now) == Instant(rfc3339: expected))
  }

  @Test func `now is a time`() throws {
    #expect(try CommandInput.time("now", flag: "to", now: Self.now) == Self.now)
  }

  @Test(arguments: ["", "yesterday", "2027-02-30", "2027-01-15 25:00", "15.01.2027"])
  func `what is no time is refused with times that are`(text: String) {
    let error = #expect(throws: UsageError.self) {
      try CommandInput.time(text, flag: "from", now: Self.now)
    }
    let sentence = error?.description ?? ""
    #expect(sentence.hasPrefix("flag --from is \"\(text)\""))
    for example in ["2026-11-27T09:00:00+01:00", "2026-11-27 08:00:00", "2026-11-27"] {
      #expect(sentence.contains(example))
      #expect(throws: Never.self) {
        try CommandInput.time(example, flag: "from", now: Self.now)
      }
    }
  }

  @Test func `a duration has bounds`() throws {
    #expect(
      try CommandInput.duration("90s", flag: "step", atLeast: .seconds(1)) == .seconds(90))
    for text in ["0s", "-5m", "101y", "99999d", "5"] {
      #expect(throws: UsageError.self) {
        try CommandInput.duration(text, flag: "step", atLeast: .seconds(1))
      }
    }
  }

  @Test(arguments: ["nan", "inf", "-1", "", "1,5", "0"])
  func `a number is finite and above 0`(text: String) {
    #expect(throws: UsageError.self) { try CommandInput.number(text, flag: "threshold") }
  }

  @Test func `0 is a number where it may be`() throws {
    #expect(try CommandInput.number("0", flag: "live", orZero: true) == 0)
    #expect(try CommandInput.whole("7", flag: "width", in: 1...9) == 7)
    #expect(throws: UsageError.self) { try CommandInput.whole("10", flag: "width", in: 1...9) }
    #expect(throws: UsageError.self) { try CommandInput.whole("1.5", flag: "width", in: 1...9) }
  }

  // MARK: Manifests

  private static func policies(in folder: TemporaryFolder) throws -> [Policy] {
    try CommandInput.policies(
      paths: [folder.path], leadTime: .seconds(60), zones: CCTZDatabase(), now: now)
  }

  private static func manifest(_ name: String) -> String {
    """
    apiVersion: headstart.dev/v1alpha1
    kind: ScalingPolicy
    metadata: {name: \(name), namespace: shop}
    spec:
      signals:
        - name: calendar
          schedule: {timeZone: UTC, default: 2, rules: [{start: "08:00", end: "18:00", replicas: 5}]}
    """
  }

  @Test func `policies come in the order of their names, with the lead time of the flag`() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write("b.yaml", Self.manifest("web"))
    _ = try folder.write("a.yaml", Self.manifest("worker") + "\n---\n" + Self.manifest("api"))
    let policies = try Self.policies(in: folder)
    #expect(policies.map(\.name.description) == ["shop/api", "shop/web", "shop/worker"])
    #expect(policies.allSatisfy { $0.leadTime == .seconds(60) })
  }

  @Test func `a policy is chosen by its name, with or without its namespace`() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write("a.yaml", Self.manifest("api") + "\n---\n" + Self.manifest("web"))
    let policies = try Self.policies(in: folder)
    #expect(try CommandInput.choose(nil, among: policies).count == 2)
    #expect(try CommandInput.choose("web", among: policies).map(\.name.name) == ["web"])
    #expect(try CommandInput.choose("shop/web", among: policies).map(\.name.name) == ["web"])
    #expect(
      throws: UsageError("no policy is named \"cart\": there are shop/api, shop/web")
    ) { try CommandInput.choose("cart", among: policies) }
    for (typo, meant) in [("wep", "web"), ("shop/wep", "shop/web")] {
      #expect(throws: UsageError("no policy is named \"\(typo)\": did you mean \(meant)?")) {
        try CommandInput.choose(typo, among: policies)
      }
    }
  }

  @Test func `a file that is not there, and one without a policy, are refused by name`() throws {
    let folder = try TemporaryFolder()
    #expect(throws: UsageError("there is no policy in \(folder.path)")) {
      try Self.policies(in: folder)
    }
    let absent = "\(folder.path)/absent.yaml"
    #expect(throws: UsageError("cannot read \(absent): No such file or directory")) {
      try CommandInput.policies(
        paths: [absent], leadTime: nil, zones: CCTZDatabase(), now: Self.now)
    }
  }

  @Test func `a forecast that no signal asks for is refused`() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write("a.yaml", Self.manifest("api"))
    let forecasts = try TemporaryFolder()
    let file = try forecasts.write(
      "forecast.json",
      #"{"workload": "api", "metric": "m", "generatedAt": "2027-01-15T08:00:00Z","#
        + #" "stepSeconds": 60, "horizonSeconds": 120, "desiredReplicas": [1, 2]}"#)
    let policies = try Self.policies(in: folder)
    let error = #expect(throws: UsageError.self) {
      try CommandInput.forecasts(files: [file], of: policies)
    }
    #expect(error?.description.contains("no signal of the policy is a forecast") == true)
  }
}
