internal import DecisionEngine
internal import ScalerRPCs
internal import Scaling
internal import Synchronization
internal import TestKit
internal import Testing

@Suite struct DecisionObserverTests {
  /// Writes down what it is told.
  private final class Notebook: DecisionObserver, Sendable {
    private let lines = Mutex<[String]>([])

    var told: [String] {
      lines.withLock { lines in
        defer { lines = [] }
        return lines
      }
    }

    func decided(_ key: PolicyKey, _ policy: Policy, _ decision: Decision) {
      lines.withLock { $0.append("\(key.name) \(decision.replicas.map(String.init) ?? "none")") }
    }

    func dropped(_ key: PolicyKey) {
      lines.withLock { $0.append("\(key.name) dropped") }
    }
  }

  private static let feed = Feed.query(
    source: ResourceName(name: "main"), promQL: "rate", onEmpty: .error)

  private static func catalog(_ names: String...) -> Catalog {
    let source = DataSource(
      name: ResourceName(name: "main"), kind: .prometheus, address: "http://prometheus")
    let policies = names.map { name in
      Policy(
        name: ResourceName(namespace: "default", name: name), leadTime: .zero,
        signals: [
          Signal(
            name: "live",
            kind: .prometheus(PrometheusSignal(source: "main", query: "rate", threshold: 1)))
        ])
    }
    return Catalog(
      policies: Dictionary(uniqueKeysWithValues: policies.map { ($0.name, Shared($0)) }),
      dataSources: [source.key: source])
  }

  @Test func `is told what is in force, every decision, and the end`() throws {
    let harness = try EngineHarness(Self.catalog("web"))
    let notebook = Notebook()
    harness.onEngine { engine, _ in engine.add(observer: notebook) }
    #expect(notebook.told == ["default/web none"])
    for value in [3.0, 3.0, 5.0] {
      harness.supply(
        Reading(value: .sample(value), obtainedAt: harness.clock.now), for: Self.feed)
    }
    #expect(notebook.told == ["default/web 3", "default/web 3", "default/web 5"])
    harness.update(Self.catalog("web", "api"))
    #expect(notebook.told == ["default/api 5"])
    harness.update(Self.catalog("api"))
    #expect(notebook.told == ["default/web dropped"])
  }

  @Test func `a snapshot is found by its key`() throws {
    let harness = try EngineHarness(Self.catalog("web"))
    let key = PolicyKey(name: ResourceName(namespace: "default", name: "web"))
    let other = PolicyKey(name: ResourceName(name: "web"))
    #expect(harness.onEngine { engine, _ in engine.snapshot(of: key) != nil } == true)
    #expect(harness.onEngine { engine, _ in engine.snapshot(of: other) != nil } == false)
  }
}
