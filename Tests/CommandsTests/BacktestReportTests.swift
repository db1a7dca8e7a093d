internal import Configuration
internal import Kubernetes
internal import Planning
internal import Scaling
internal import TestKit
internal import Testing
internal import Time

@testable internal import Commands

/// What `backtest` says of a replay.
struct BacktestReportTests {
  private static let policy = Policy(
    name: ResourceName(namespace: "shop", name: "web"),
    signals: [
      Signal(
        name: "calendar", kind: .schedule(Schedule(timeZone: "UTC", defaultReplicas: 5)))
    ])

  /// Four hours of a load that needs four replicas, of which the third is missing.
  private static func replay(
    delay: Duration = .zero, shape: LoadShape = .linear
  ) throws -> (command: BacktestCommand, backtest: Backtest, setup: BacktestCommand.Setup) {
    let start = try Instant.at("2024-01-01T00:00:00Z")
    let minutes = Array(0..<120) + Array(180..<240)
    let history = try LoadHistory(
      samples: minutes.map {
        LoadHistory.Sample(at: start + .seconds($0 * 60), value: 40)
      }, shape: shape)
    let settings = Backtest.Settings(from: history.start, to: history.end, perReplica: 10)
    let command = try BacktestCommand([])
    let setup = BacktestCommand.Setup(
      policies: [policy], settings: [settings], history: history, delay: delay, season: nil)
    let backtest = try Backtest(
      of: policy, over: history.series, observed: setup.observed, settings: settings,
      zones: command.zones)
    return (command, backtest, setup)
  }

  @Test func `the heading says what was replayed, how, and what is missing`() throws {
    let (command, backtest, setup) = try Self.replay()
    let lines = command.head(
      "Policy shop/web", backtest.settings, accounted: backtest.accounted, setup)
    #expect(
      lines[0] == "Policy shop/web, 2024-01-01T00:00:00Z to 2024-01-01T04:00:00Z (0.1 days)")
    #expect(
      lines[1] == "One replica carries 10, a pod starts in 1m, 0 to 100 replicas")
    #expect(lines[3] == "Between two samples the load is in a straight line")
    #expect(lines.last?.hasPrefix("The load has 1 gap, the longest of 1h1m") == true)
    let held = try Self.replay(delay: .seconds(90), shape: .held)
    let other = held.command.head("", held.backtest.settings, accounted: .zero, held.setup)
    #expect(
      other[3]
        == "Between two samples the load is held at the first of them, and its metrics show it"
        + " 1m30s later")
  }

  @Test func `the text ends with the verdict`() throws {
    let (command, backtest, setup) = try Self.replay()
    let text = command.text(of: backtest, policy: Self.policy, setup)
    #expect(text.hasPrefix("Policy shop/web, "))
    #expect(text.hasSuffix("\(backtest.verdict)\n"))
    for line in backtest.table { #expect(text.contains("\n\(line)\n")) }
    for warning in backtest.warnings(Self.policy, history: setup.history) {
      #expect(text.contains("\n\(warning)\n"))
    }
  }

  @Test func `the JSON has the same, and what does not count`() throws {
    let (command, backtest, setup) = try Self.replay(delay: .seconds(90))
    let json = try JSONValue(
      Array(command.json(of: backtest, policy: Self.policy, setup).utf8))
    #expect(json["namespace"]?.text == "shop")
    #expect(json["name"]?.text == "web")
    #expect(json["from"]?.text == "2024-01-01T00:00:00Z")
    #expect(json["observeAfterSeconds"]?.integer == 90)
    #expect(json["betweenSamples"]?.text == "linear")
    #expect(json["verdict"]?.text == backtest.verdict)
    let accounted = try #require(json["accountedSeconds"]?.integer)
    let excluded = try #require(json["excludedSeconds"]?.integer)
    #expect(accounted + excluded == 4 * 3600)
    // The last sample before the gap is held for three steps of the 61 minutes.
    #expect(excluded == 58 * 60)
    let gap = try #require(json["gaps"]?.elements.first)
    #expect(gap["from"]?.text == "2024-01-01T01:59:00Z")
    #expect(gap["to"]?.text == "2024-01-01T03:00:00Z")
    #expect(gap["unknownSeconds"]?.integer == excluded)
    for (name, outcome) in [
      ("headstart", backtest.policy), ("reactive", backtest.reactive),
      ("oracle", backtest.oracle), ("equalHours", backtest.equalHours.outcome),
    ] {
      let account = outcome.account
      #expect(json[name]?["scalings"]?.integer == account.scalings)
      #expect(json[name]?["worstShortfall"]?.integer == account.worstShortfall)
      #expect(
        json[name]?["underProvisionedSeconds"]?.integer
          == Int(account.underProvisioned.components.seconds))
    }
    #expect(
      json["warnings"]?.elements.compactMap(\.text)
        == backtest.warnings(Self.policy, history: setup.history))
  }

  @Test func `the picture shows what was needed beside both`() throws {
    let (command, backtest, _) = try Self.replay()
    let picture = command.chart(of: backtest, policy: Self.policy).text
    for words in ["Backtest of shop/web", "needed", "HPA alone", "headstart", "load not known"] {
      #expect(picture.contains(words))
    }
  }

  @Test func `a picture of many policies names three`() throws {
    let command = try BacktestCommand([])
    let policies = (1...5).map { Policy(name: ResourceName(name: "p\($0)"), signals: []) }
    #expect(command.title(of: Array(policies.prefix(3))) == "Backtest of p1, p2, p3")
    #expect(command.title(of: policies) == "Backtest of p1, p2, p3 and 2 more")
  }
}
