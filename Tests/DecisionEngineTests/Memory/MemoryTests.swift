internal import DecisionEngine
internal import GRPCWire
internal import HTTP2Server
internal import ScalerMessages
internal import ScalerRPCs
internal import Scaling
internal import Synchronization
internal import TestKit
internal import Testing
internal import Time

@Suite struct MemoryTests {
  static let object = ScaledObject(namespace: "shop", name: "web")
  static let name = ResourceName(namespace: "shop", name: "web")
  static let source = ResourceName(name: "main")

  static func feed(_ query: String = "up") -> Feed {
    .query(source: source, promQL: query, onEmpty: .error)
  }

  static func policy(
    _ name: ResourceName = name, query: String = "up", signal: String = "live"
  ) -> Policy {
    Policy(
      name: name,
      signals: [
        Signal(
          name: signal,
          kind: .prometheus(PrometheusSignal(source: "main", query: query, threshold: 10)))
      ])
  }

  static func catalog(_ policies: Policy..., forecaster: Bool = false) -> Catalog {
    let main = DataSource(name: source, kind: .prometheus, address: "http://prometheus")
    let other = DataSource(
      name: ResourceName(name: "default"), kind: .forecaster, address: "http://forecaster")
    return Catalog(
      policies: Dictionary(uniqueKeysWithValues: policies.map { ($0.name, Shared($0)) }),
      dataSources: forecaster ? [main.key: main, other.key: other] : [main.key: main])
  }

  /// What is kept, as the state directory would have it.
  final class Keeper: Sendable {
    private let kept = Mutex<[String: PolicyMemory]>([:])

    func take(_ changes: MemoryChanges) {
      kept.withLock { kept in
        for (key, memory) in changes.policies { kept[key] = memory }
      }
    }

    var all: [String: PolicyMemory] { kept.withLock { $0 } }
  }

  /// The answer to GetMetrics: a number, or the code of an error.
  enum Said: Equatable {
    case replicas(Int)
    case error(RPCCode)
    case nothing
  }

  func ask(_ harness: EngineHarness, stream: Int32, object: ScaledObject = object) -> Said {
    harness.send(.getMetrics, object, stream: stream)
    switch harness.answers(on: stream).first {
    case .end(let status)?: return .error(status.code)
    case .respond(let bytes)?:
      let found = (0...100).first {
        bytes
          == MessageEncoder.getMetricsResponse(metricName: "desired_replicas", replicas: $0)
      }
      return found.map { .replicas($0) } ?? .nothing
    default: return .nothing
    }
  }

  func supply(_ value: Double, _ harness: EngineHarness, query: String = "up") {
    harness.supply(
      Reading(value: .sample(value), obtainedAt: harness.clock.now), for: Self.feed(query))
  }

  func lose(_ harness: EngineHarness, query: String = "up") {
    harness.supply(
      Reading(failure: .init(since: harness.clock.now, message: "no route")),
      for: Self.feed(query))
  }

  /// Lets time pass as the engine sees it, without the clock being called set.
  func pass(_ span: Duration, _ harness: EngineHarness) {
    harness.onEngine { engine, harness in
      harness.clock.now = harness.clock.now.advanced(by: span)
      engine.forgetWhatIsOver()
    }
    harness.settle()
  }

  @Test func `a policy that is deleted and comes back asks for what it last asked`() throws {
    let harness = try EngineHarness(Self.catalog(Self.policy()))
    supply(250, harness)
    #expect(ask(harness, stream: 1) == .replicas(25))
    harness.update(Self.catalog())
    #expect(ask(harness, stream: 3) == .replicas(25))
    pass(.seconds(61), harness)
    #expect(ask(harness, stream: 5) == .error(.notFound))
    #expect(harness.retained.isEmpty)
    harness.update(Self.catalog(Self.policy()))
    lose(harness)
    #expect(ask(harness, stream: 7) == .replicas(25))
  }

  @Test func `what a policy asked is forgotten an hour after it vanished`() throws {
    let harness = try EngineHarness(Self.catalog(Self.policy()))
    supply(250, harness)
    harness.update(Self.catalog())
    pass(.seconds(61), harness)
    pass(.seconds(3600), harness)
    harness.update(Self.catalog(Self.policy()))
    lose(harness)
    #expect(ask(harness, stream: 1) == .error(.unavailable))
  }

  @Test func `for an hour no implied policy takes the place of a deleted one`() throws {
    let harness = try EngineHarness(Self.catalog(Self.policy(), forecaster: true))
    supply(250, harness)
    harness.update(Self.catalog(forecaster: true))
    let implied = Feed.forecast(source: ResourceName(name: "default"), workload: "web")
    #expect(ask(harness, stream: 1) == .replicas(25))
    pass(.seconds(61), harness)
    #expect(ask(harness, stream: 3) == .error(.notFound))
    #expect(harness.retained[implied] == nil)
    pass(.seconds(3540), harness)
    harness.send(.getMetrics, Self.object, stream: 5)
    #expect(harness.retained[implied] == 1)
  }

  @Test func `nothing is written for a deleted policy from the moment it is deleted`() throws {
    let harness = try EngineHarness(Self.catalog(Self.policy()))
    let notebook = Notebook()
    harness.onEngine { engine, _ in engine.add(observer: notebook) }
    supply(30, harness)
    #expect(notebook.told == ["none", "3"])
    harness.update(Self.catalog())
    supply(90, harness)
    #expect(notebook.told == ["dropped"])
    harness.update(Self.catalog(Self.policy()))
    #expect(notebook.told == ["9"])
    harness.update(Self.catalog())
    pass(.seconds(61), harness)
    #expect(notebook.told == ["dropped"])
  }

  private final class Notebook: DecisionObserver, Sendable {
    private let lines = Mutex<[String]>([])

    var told: [String] {
      lines.withLock { lines in
        defer { lines = [] }
        return lines
      }
    }

    func decided(_ key: PolicyKey, _ policy: Policy, _ decision: Decision) {
      lines.withLock { $0.append(decision.replicas.map(String.init) ?? "none") }
    }

    func dropped(_ key: PolicyKey) { lines.withLock { $0.append("dropped") } }
  }

  @Test func `a ScaledObject that another policy answers keeps its answer until that one is read`()
    throws
  {
    let anywhere = Self.policy(ResourceName(name: "web"))
    let own = Self.policy(query: "own")
    let harness = try EngineHarness(Self.catalog(anywhere))
    supply(250, harness)
    #expect(ask(harness, stream: 1) == .replicas(25))
    harness.update(Self.catalog(anywhere, own))
    #expect(ask(harness, stream: 3) == .replicas(25))
    supply(30, harness, query: "own")
    #expect(ask(harness, stream: 5) == .replicas(3))
  }

  // MARK: Over a restart

  @Test func `a restart goes on with what was asked last, and a fresh reading ends that`() throws {
    let keeper = Keeper()
    let first = try EngineHarness(Self.catalog(Self.policy()), keepMemory: keeper.take)
    supply(250, first)
    let kept = keeper.all
    #expect(kept["shop/web"]?.signals["live"]?.replicas == 25)
    let restored = kept.mapValues { $0.restored(written: first.clock.now, shiftedBy: .zero) }
    let second = try EngineHarness(
      Self.catalog(Self.policy()), restored: restored, keepMemory: keeper.take)
    #expect(second.onEngine { engine, _ in engine.isReady } == true)
    lose(second)
    #expect(ask(second, stream: 1) == .replicas(25))
    let held = second.onEngine { engine, _ in engine.snapshot(named: Self.name)?.decision }
    #expect(held??.contributions[0].state == .held)
    #expect(held??.contributions[0].origin == .disk)
    supply(30, second)
    #expect(ask(second, stream: 3) == .replicas(3))
    #expect(keeper.all["shop/web"]?.signals["live"]?.replicas == 25)
    second.onEngine { engine, _ in engine.shutDown() }
    #expect(keeper.all["shop/web"]?.signals["live"]?.replicas == 3)
  }

  @Test func `a policy that is not there after the restart is kept for an hour, and not implied`()
    throws
  {
    let memory = PolicyMemory(
      signals: ["live": SignalMemory(replicas: 25, readAt: .distantPast, definition: 1)])
    let keeper = Keeper()
    let harness = try EngineHarness(
      Self.catalog(forecaster: true), restored: ["shop/web": memory], keepMemory: keeper.take)
    #expect(ask(harness, stream: 1) == .error(.notFound))
    pass(.seconds(3601), harness)
    harness.send(.getMetrics, Self.object, stream: 3)
    #expect(
      harness.retained[.forecast(source: ResourceName(name: "default"), workload: "web")] == 1)
    harness.onEngine { engine, _ in engine.shutDown() }
    #expect(keeper.all["shop/web"] == nil)
  }

  @Test func `a rise is handed over at once, a fall with the next batch`() throws {
    let keeper = Keeper()
    let harness = try EngineHarness(
      Self.catalog(Self.policy()), keepMemory: keeper.take, keepingInterval: .seconds(3600))
    supply(100, harness)
    #expect(keeper.all["shop/web"]?.signals["live"]?.replicas == 10)
    supply(50, harness)
    #expect(keeper.all["shop/web"]?.signals["live"]?.replicas == 10)
    supply(60, harness)
    #expect(keeper.all["shop/web"]?.signals["live"]?.replicas == 6)
  }

  // MARK: From elsewhere

  private static func told(_ replicas: Int, _ harness: EngineHarness) -> [String: PolicyMemory] {
    let memory = PolicyMemory(signals: [
      "live": SignalMemory(
        replicas: replicas, readAt: harness.clock.now,
        definition: policy().signals[0].definition)
    ])
    return ["shop/web": memory.learnt(from: "10.0.0.7", at: harness.clock.now)]
  }

  @Test func `peers are asked for what is lost, once at a time, and the newest reading counts`()
    throws
  {
    let harness = try EngineHarness(Self.catalog())
    let asked = Mutex<[[String]]>([])
    harness.onEngine { engine, _ in
      engine.useHelpers(
        askPeers: { keys in asked.withLock { $0.append(keys) } }, lookAtTarget: nil)
    }
    harness.update(Self.catalog(Self.policy()))
    supply(250, harness)
    harness.onEngine { engine, _ in engine.askPeersIfDue() }
    #expect(asked.withLock { $0 }.isEmpty)
    lose(harness)
    harness.onEngine { engine, _ in
      engine.askPeersIfDue()
      engine.askPeersIfDue()
    }
    #expect(asked.withLock { $0 } == [["shop/web"]])
    pass(.milliseconds(200), harness)
    harness.onEngine { engine, harness in engine.learn([Self.told(12, harness)]) }
    #expect(ask(harness, stream: 1) == .replicas(12))
    supply(30, harness)
    harness.onEngine { engine, harness in engine.learn([Self.told(12, harness)]) }
    #expect(ask(harness, stream: 3) == .replicas(3))
  }

  @Test func `a policy tells others what it knows, and on demand only what has just been read`()
    throws
  {
    let harness = try EngineHarness(Self.catalog(Self.policy()))
    func told(_ keys: [String]?, onlyFresh: Bool = false) -> [String: PolicyMemory] {
      harness.onEngine { engine, _ in engine.memories(of: keys, onlyFresh: onlyFresh) } ?? [:]
    }
    #expect(told(nil).isEmpty)
    supply(250, harness)
    #expect(told(nil, onlyFresh: true)["shop/web"]?.signals["live"]?.replicas == 25)
    #expect(told(["shop/other"]).isEmpty)
    lose(harness)
    #expect(told(["shop/web"])["shop/web"]?.signals["live"]?.replicas == 25)
    #expect(told(nil, onlyFresh: true).isEmpty)
    harness.update(Self.catalog())
    pass(.seconds(61), harness)
    #expect(told(["shop/web"])["shop/web"]?.signals["live"]?.replicas == 25)
  }

  @Test func `the present replicas of a target stand in for what was never read, until it is`()
    throws
  {
    let harness = try EngineHarness(Self.catalog())
    let looked = Mutex(0)
    harness.onEngine { engine, _ in
      engine.useHelpers(
        askPeers: nil, lookAtTarget: { _ in looked.withLock { $0 += 1 } })
    }
    var policy = Self.policy()
    policy.scaleTarget = ScaleTarget(apiVersion: "apps/v1", kind: "Deployment", name: "web")
    harness.update(Self.catalog(policy))
    #expect(looked.withLock { $0 } == 0)
    lose(harness)
    lose(harness)
    #expect(looked.withLock { $0 } == 1)
    #expect(ask(harness, stream: 1) == .error(.unavailable))
    harness.onEngine { engine, _ in engine.targetSeen(of: Self.name, replicas: nil) }
    lose(harness)
    #expect(looked.withLock { $0 } == 2)
    harness.onEngine { engine, _ in engine.targetSeen(of: Self.name, replicas: 8) }
    #expect(harness.onEngine { engine, _ in engine.isReady } == true)
    #expect(ask(harness, stream: 3) == .replicas(8))
    supply(30, harness)
    #expect(ask(harness, stream: 5) == .replicas(3))
    lose(harness)
    #expect(ask(harness, stream: 7) == .replicas(3))
    #expect(looked.withLock { $0 } == 2)
  }

  // MARK: Starts

  @Test func `the first load ends when every signal is read, silent or remembered`() throws {
    let harness = try EngineHarness(Self.catalog(Self.policy()))
    let opened = Mutex(0)
    harness.onEngine { engine, _ in engine.whenReady { opened.withLock { $0 += 1 } } }
    lose(harness)
    #expect(harness.onEngine { engine, _ in engine.isReady } == false)
    #expect(harness.onEngine { engine, _ in engine.missing(atMost: 1).sentences }?.count == 1)
    supply(10, harness)
    #expect(harness.onEngine { engine, _ in engine.isReady } == true)
    #expect(opened.withLock { $0 } == 1)
    #expect(harness.onEngine { engine, _ in engine.missing(atMost: 9).count } == 0)
  }

  @Test func `a query that its source calls wrong is not waited for`() throws {
    let harness = try EngineHarness(Self.catalog(Self.policy()))
    harness.supply(
      Reading(failure: .init(since: harness.clock.now, message: "bad_data", kind: .invalid)),
      for: Self.feed())
    #expect(harness.onEngine { engine, _ in engine.isReady } == true)
    #expect(ask(harness, stream: 1) == .error(.unavailable))
  }

  @Test func `a manifest that is broken is waited for until it is fixed`() throws {
    var broken = Self.catalog()
    broken.broken = ["shop.yaml:3:5: error: expected a number"]
    let harness = try EngineHarness(broken)
    #expect(harness.onEngine { engine, _ in engine.isReady } == false)
    harness.update(Self.catalog())
    #expect(harness.onEngine { engine, _ in engine.isReady } == true)
  }

  @Test func `while a manifest is broken, it is named instead of an implied policy`() throws {
    var broken = Self.catalog(forecaster: true)
    broken.broken = ["shop.yaml:3:5: error: expected a number"]
    let harness = try EngineHarness(broken)
    harness.send(.getMetrics, Self.object, stream: 1)
    guard case .end(let status)? = harness.answers(on: 1).first else {
      Issue.record("it is answered")
      return
    }
    #expect(status.code == .unavailable)
    #expect(status.message.contains("shop.yaml:3:5"))
  }
}
