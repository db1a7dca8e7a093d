internal import Configuration
internal import DecisionEngine
internal import EventLoop
internal import HTTPClient
internal import Scaling
internal import SidePort
internal import StateDirectory
internal import Telemetry
internal import Time

/// Sets, lists and ends overrides, tells the other replicas, and learns from them what it has missed.
///
/// Lives on the control loop, where the engine is.
actor OverrideDesk {
  nonisolated let loop: EventLoop
  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  private let engine: DecisionEngine
  private let zones: any TimeZoneDatabase
  private let configuration: ServeConfiguration
  private let identity: String
  private let logger: Logger
  private let calls: CounterFamily
  private let keep: (@Sendable ([Override]) -> Void)?
  /// Whether there may be policies that are not known yet.
  private let isStarting: @Sendable () -> Bool
  private var peers: PeerCaller?
  private var timer: LoopTimer?

  typealias Answer = @Sendable (OverrideAnswer) -> Void

  /// Of one peer's answer.
  private static let limit = Duration.seconds(4)
  private static let secondLimit = Duration.milliseconds(2500)
  /// How often the other replicas are asked for what a call to this one may have missed.
  private static let interval = Duration.seconds(60)
  private static let path = "/api/v1/overrides"
  private static let results = ["set", "ended", "learnt", "refused"]

  /// - Parameters:
  ///   - identity: differs from every other replica's.
  ///   - keep: takes all of them after each change; nil for a process that keeps nothing.
  init(
    engine: DecisionEngine, zones: any TimeZoneDatabase, configuration: ServeConfiguration,
    identity: String, logger: Logger, metrics: HeadstartMetrics,
    isStarting: @escaping @Sendable () -> Bool, keep: (@Sendable ([Override]) -> Void)?
  ) {
    loop = engine.loop
    self.engine = engine
    self.zones = zones
    self.configuration = configuration
    self.identity = identity
    self.logger = logger
    self.isStarting = isStarting
    self.keep = keep
    calls = metrics.registry.counter(
      "headstart_override_calls_total",
      help: "Overrides: set, ended early, learnt from another replica, or refused.",
      labels: ["result"])
    for result in Self.results { _ = calls.with([result]) }
  }

  // MARK: Life

  /// - Parameters:
  ///   - remembered: by an earlier process.
  ///   - learnt: called once, when the other replicas have said what they know.
  func start(
    remembered: [Override], learnt: @escaping @Sendable () -> Void
  ) throws(EventLoopError) {
    _ = engine.assumeIsolated { $0.take(remembered) }
    // Without a token, none can have been set.
    guard isOpen, !configuration.wakeUp.peers.isEmpty else { return learnt() }
    peers = try PeerCaller(loop: loop, configuration: configuration, identity: identity)
    let timer = try LoopTimer(on: loop) { [unowned self] in
      self.assumeIsolated { $0.askPeers {} }
    }
    timer.start(after: Self.interval, repeating: Self.interval)
    self.timer = timer
    askPeers(completion: learnt)
  }

  func shutDown() {
    timer = nil
    peers?.shutDown()
    peers = nil
  }

  private var isOpen: Bool { configuration.httpTokenFile != nil }

  // MARK: Calls

  /// - Parameter answer: called once.
  func call(_ call: OverrideCall, answer: @escaping Answer) {
    if call.forwarder == identity { return answer(.json(status: 200, OverrideText.text(of: []))) }
    if case .list(let policy) = call.action { return list(policy, call, answer) }
    guard isOpen else {
      return refuse(403, "overrides can be set only with --http-token-file", answer)
    }
    switch call.action {
    case .list: break
    case .set(let policy): set(policy, call, answer)
    case .end(let policy, let id): end(policy, id: id, call, answer)
    case .learn: learn(call, answer)
    }
  }

  private func list(_ name: ResourceName?, _ call: OverrideCall, _ answer: Answer) {
    let all = engine.assumeIsolated { $0.allOverrides }
    guard let name else { return answer(list(all, call)) }
    let policy = engine.assumeIsolated { $0.overridable(name)?.name }
    // Those of a policy that is gone are still known.
    let found = all.filter { $0.policy == policy ?? name }
    guard policy != nil || !found.isEmpty else { return refuseUnknown(name, answer) }
    answer(list(found, call))
  }

  private func list(_ found: [Override], _ call: OverrideCall) -> OverrideAnswer {
    guard call.prefersText else { return .json(status: 200, OverrideText.text(of: found)) }
    let now = WallClock.now()
    let lines = found.map { override in
      let end = override.ended.map { ", ended \($0.rfc3339)" } ?? ""
      return "\(override.policy)  \(override.sentence(at: now))\(end)  (id \(override.id))\n"
    }
    return .text(status: 200, lines.isEmpty ? "There are no overrides.\n" : lines.joined())
  }

  private func set(_ name: ResourceName, _ call: OverrideCall, _ answer: @escaping Answer) {
    guard let policy = engine.assumeIsolated({ $0.overridable(name) }) else {
      return refuseUnknown(name, answer)
    }
    guard !policy.isObserved else {
      return refuse(
        409,
        "\(policy.name) is observed only: it answers no ScaledObject and scales nothing, so that an"
          + " override would change nothing; take \"observe: true\" out of it, or name the policy that"
          + " scales the workload", answer)
    }
    let now = WallClock.now()
    let override: Override
    do throws(OverrideRequest.Problem) {
      let request = try OverrideRequest(call.body)
      let zone = zones.timeZone(named: policy.timeZone) ?? NamedTimeZone.utc.rules
      override = Override(
        id: String(UInt64.random(in: 1...UInt64.max), radix: 16), policy: policy.name,
        bounds: try request.bounds(answer: policy.answer), since: now,
        until: try request.end(in: zone, at: now), reason: request.reason)
    } catch {
      return refuse(400, error.sentence, answer)
    }
    let running = engine.assumeIsolated { $0.runningOverrides(of: policy.name) }
    guard running.count < Override.Limits.perPolicy else {
      return refuse(
        429, "\(policy.name) has \(running.count) overrides, which is the limit: end some", answer)
    }
    guard !engine.assumeIsolated({ $0.take([override]) }).isEmpty else {
      return refuse(
        429, "there are \(Override.Limits.total) overrides, which is the limit", answer)
    }
    calls.with(["set"]).increment()
    log("an override is set", override)
    spread([override], status: 201, call, answer)
  }

  private func end(
    _ name: ResourceName, id: String?, _ call: OverrideCall, _ answer: @escaping Answer
  ) {
    let known = engine.assumeIsolated { $0.overridable(name)?.name }
    let policy = known ?? name
    let ended = engine.assumeIsolated { $0.endOverrides(of: policy, id: id) }
    guard !ended.isEmpty else {
      guard known != nil else { return refuseUnknown(name, answer) }
      let which = id.map { "no override \($0)" } ?? "no override"
      return refuse(404, "\(policy) has \(which) in force; \(Self.path) lists all", answer)
    }
    for override in ended {
      calls.with(["ended"]).increment()
      log("an override is ended", override)
    }
    spread(ended, status: 200, call, answer)
  }

  private func learn(_ call: OverrideCall, _ answer: @escaping Answer) {
    do throws(JSONError) {
      learn(try OverrideText.overrides(in: call.body))
      answer(.json(status: 200, OverrideText.text(of: [])))
    } catch {
      refuse(400, "the body is no list of overrides: \(error)", answer)
    }
  }

  private func learn(_ overrides: [Override]) {
    let news = engine.assumeIsolated { $0.take(overrides) }
    guard !news.isEmpty else { return }
    for override in news {
      calls.with(["learnt"]).increment()
      log("an override is learnt from another replica", override)
    }
    keepAll()
  }

  private func refuseUnknown(_ name: ResourceName, _ answer: Answer) {
    guard !isStarting() else {
      return refuse(503, "this process is starting; try again in 1s", answer)
    }
    let all = engine.assumeIsolated { $0.policyNames() }
    refuse(404, name.unknownPolicy(among: all), answer)
  }

  private func refuse(_ status: Int, _ sentence: String, _ answer: Answer) {
    calls.with(["refused"]).increment()
    answer(.refused(status: status, sentence))
  }

  private func keepAll() {
    guard let keep else { return }
    keep(engine.assumeIsolated { $0.allOverrides })
  }

  private func log(_ message: String, _ override: Override) {
    logger.info(
      message,
      [
        "policy": .describing(override.policy), "id": .string(override.id),
        "override": .string(override.sentence(at: WallClock.now())),
      ])
  }

  // MARK: Other replicas

  /// Keeps changes, tells the other replicas, and answers when they have answered.
  private func spread(
    _ changes: [Override], status: Int, _ call: OverrideCall, _ answer: @escaping Answer
  ) {
    keepAll()
    guard let peers else { return answer(report(changes, [], status, call)) }
    let told = PeerCaller.Call(
      method: .post, target: Self.path, limit: Self.limit, secondLimit: Self.secondLimit,
      body: OverrideText.text(of: changes))
    peers.callAll(told) { [weak self] answers in
      guard let self else { return answer(.refused(status: 503, "the process is ending")) }
      self.assumeIsolated { desk in
        let failed = answers.compactMap(Self.problem)
        for (address, problem) in failed {
          desk.logger.warning(
            "an override did not reach a replica",
            ["peer": .string(address), "problem": .string(problem)])
        }
        answer(desk.report(changes, failed, status, call))
      }
    }
  }

  /// Why another replica does not know of a change; nil when it does.
  private static func problem(_ answer: PeerCaller.Answer) -> (address: String, problem: String)? {
    switch answer.result {
    case .failure(let problem): (answer.address, problem.sentence)
    case .success(let response) where response.status == 200: nil
    case .success(let response): (answer.address, "HTTP status \(response.status)")
    }
  }

  private func report(
    _ changes: [Override], _ failed: [(address: String, problem: String)], _ status: Int,
    _ call: OverrideCall
  ) -> OverrideAnswer {
    let now = WallClock.now()
    let decision = changes.first.flatMap { change in
      engine.assumeIsolated { $0.snapshot(named: change.policy)?.decision }
    }
    let explanation = decision?.explanation(at: now)
    guard !call.prefersText else {
      var lines = changes.map { override in
        let verb = override.ended == nil ? "" : "ended: "
        return "\(override.policy): \(verb)\(override.sentence(at: now))  (id \(override.id))"
      }
      if let explanation { lines.append(explanation) }
      lines += failed.map { "\($0.address) was not reached: \($0.problem)" }
      return .text(status: status, lines.joined(separator: "\n") + "\n")
    }
    var json = JSONWriter()
    json.object { json in
      json.field(array: "overrides") { json in
        for override in changes { json.object { OverrideText.write(override, to: &$0) } }
      }
      json.field("desiredReplicas", decision?.replicas)
      json.field("explanation", explanation)
      json.field(array: "peers") { json in
        for (address, problem) in failed {
          json.object { json in
            json.field("address", address)
            json.field("error", problem)
          }
        }
      }
    }
    return .json(status: status, json.bytes)
  }

  /// Asks the other replicas for all that they know.
  private func askPeers(completion: @escaping @Sendable () -> Void) {
    guard let peers else { return completion() }
    let question = PeerCaller.Call(method: .get, target: Self.path, limit: Self.limit)
    peers.callAll(question) { [weak self] answers in
      defer { completion() }
      guard let self else { return }
      self.assumeIsolated { desk in
        for answer in answers {
          // A peer that does not answer is asked again in a minute; each change is sent to it anyway.
          guard case .success(let response) = answer.result, response.status == 200,
            let overrides = try? OverrideText.overrides(in: response.body)
          else { continue }
          desk.learn(overrides)
        }
      }
    }
  }
}
