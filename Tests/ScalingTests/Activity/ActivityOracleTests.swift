internal import Scaling
internal import TestKit
internal import Testing

/// Random histories of two triggers, beside a plain account of when the workload may be at zero.
struct ActivityOracleTests {
  private static let cooldown: Int64 = 60

  /// What is seen of both triggers at one instant.
  private struct Look {
    var second: Int64
    /// Nil for a query that fails.
    var values: [Double?]

    var isDemanding: Bool { values.contains { $0 == 3 } }
    var isQuiet: Bool { values.allSatisfy { $0 == 0 } }
  }

  /// The rule in plain words: to zero when every look of a whole cooldown was quiet; back when a
  /// trigger asks for it, or somebody calls; and nothing else changes anything.
  private struct Account {
    private(set) var isUp = false
    private var quietSince: Int64?

    mutating func saw(_ look: Look) {
      settle(at: look.second)
      if look.isDemanding {
        isUp = true
        quietSince = nil
      } else if !look.isQuiet {
        quietSince = nil
      } else if isUp {
        quietSince = quietSince ?? look.second
      }
      settle(at: look.second)
    }

    mutating func wasWoken(at second: Int64) {
      settle(at: second)
      isUp = true
      quietSince = second
    }

    private mutating func settle(at second: Int64) {
      guard let since = quietSince, second >= since + cooldown else { return }
      isUp = false
      quietSince = nil
    }
  }

  private static func policy() -> Policy {
    Policy(
      name: ResourceName(name: "web"), leadTime: .zero,
      signals: ["a", "b"].map { name in
        Signal(
          name: name,
          kind: .prometheus(
            PrometheusSignal(source: "main", query: name, threshold: 1, switchedTo: 2)))
      }, activity: ActivityRules(cooldown: .seconds(cooldown), activeReplicas: 2))
  }

  @Test(arguments: 0..<200)
  func `The evaluator goes to zero and back exactly when the plain rule does`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let policy = Self.policy()
    var readings = [Reading](repeating: Reading(), count: 2)
    var memory = Decision.Memory()
    var account = Account()
    var second: Int64 = 0
    for _ in 0..<120 {
      second += Int64.random(in: 1...25, using: &random)
      let now = base + .seconds(second)
      let look = Look(
        second: second,
        values: (0..<2).map { _ in
          random.chance(4) ? 3 : random.chance(4) ? nil : 0
        })
      for (index, value) in look.values.enumerated() {
        if let value {
          readings[index] = Reading(value: .sample(value), obtainedAt: now)
        } else if readings[index].failure == nil {
          readings[index].failure = Reading.Failure(since: now, message: "HTTP 500")
          // What the query said last is held, and would count as demand.
          if case .sample(3)? = readings[index].value { readings[index].value = .sample(0) }
        }
      }
      let isWoken = random.chance(2)
      if isWoken { memory.wokenUp(at: now) }
      let decision = Evaluator.decide(
        policy, readings: readings.map { .prometheus($0, uptime: nil) }, memory: memory, at: now)
      memory = decision.memory
      if isWoken { account.wasWoken(at: second) }
      account.saw(look)
      switch decision.replicas {
      case 2?: #expect(account.isUp, "seed \(seed), second \(second): up")
      case 0?: #expect(!account.isUp, "seed \(seed), second \(second): at zero")
      // Nothing that can be trusted: whoever acts on it leaves the workload alone.
      case nil: #expect(!look.isQuiet && !look.isDemanding)
      default: Issue.record("seed \(seed): \(decision.replicas ?? -1) replicas")
      }
      #expect(decision.validUntil > now)
    }
  }
}
