internal import DecisionEngine
internal import Scaling
internal import TestKit

@testable internal import Serving

extension EngineHarness {
  /// An engine whose policies ask for nothing, by the machine's clock, which the desks read too.
  static func idle(_ names: ResourceName...) throws -> EngineHarness {
    let policies = names.map { name in
      Policy(
        name: name, leadTime: .zero,
        signals: [Signal(name: "calendar", kind: .schedule(Schedule(timeZone: "UTC")))])
    }
    return try EngineHarness(
      Catalog(
        policies: Dictionary(uniqueKeysWithValues: policies.map { ($0.name, Shared($0)) }),
        dataSources: [:]),
      clock: ManualClock(WallClock.now()))
  }

  /// What a policy asks for now.
  func replicas(of name: ResourceName) -> Int? {
    onEngine { engine, _ in engine.snapshot(named: name)?.decision.replicas } ?? nil
  }
}
