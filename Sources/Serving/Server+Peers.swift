internal import DecisionEngine
internal import EventLoop
internal import Scaling
internal import StateDirectory

/// What a replica learns from elsewhere.
extension Server {
  /// Asks the other replicas before anything is read or decided: what they hold back of a fall, this
  /// one holds back, too. The last good content of files that are broken comes from them as well.
  ///
  /// - Returns: what each remembers, as far as it has said so in time.
  func askPeers(
    _ exchange: MemoryExchange?, for watcher: ManifestWatcher, _ state: ProcessState
  ) throws -> [MemoryExchange.Memories] {
    guard let exchange else { return [] }
    let unknown = try onLoop(watcher.loop) { watcher.assumeIsolated { $0.unknown } }
    let memories = Reply<[MemoryExchange.Memories]>()
    let files = Reply<[[KeptFile]]>()
    try onLoop(exchange.loop) {
      try exchange.assumeIsolated { exchange in
        try exchange.start()
        exchange.askForAll { memories.give($0) }
        if !unknown.isEmpty { exchange.askForFiles(unknown) { files.give($0) } }
      }
    }
    let deadline = ContinuousClock.now.advanced(by: MemoryExchange.startLimit)
    func told<Value: Sendable>(_ reply: Reply<[Value]>) -> [Value] {
      repeat {
        if let told = reply.wait(for: .milliseconds(50)) { return told }
      } while !state.isStopping && ContinuousClock.now < deadline
      return []
    }
    if !unknown.isEmpty {
      let found = told(files)
      try onLoop(watcher.loop) { watcher.assumeIsolated { $0.adopt(found) } }
    }
    return told(memories)
  }

  /// Says whom the engine asks about what it cannot read.
  func useHelpers(
    of engine: isolated DecisionEngine, _ exchange: MemoryExchange?, _ cluster: ClusterAgent?
  ) {
    engine.useHelpers(
      askPeers: exchange.map { Self.asking($0, for: engine) },
      lookAtTarget: cluster.map { Self.looking(through: $0, for: engine) })
  }

  private static func asking(
    _ exchange: MemoryExchange, for engine: DecisionEngine
  ) -> @Sendable ([String]) -> Void {
    let learn: @Sendable ([MemoryExchange.Memories]) -> Void = { told in
      engine.loop.post { engine.assumeIsolated { $0.learn(told) } }
    }
    return { keys in exchange.assumeIsolated { $0.ask(keys, completion: learn) } }
  }

  private static func looking(
    through cluster: ClusterAgent, for engine: DecisionEngine
  ) -> @Sendable (Policy) -> Void {
    { policy in
      cluster.assumeIsolated { agent in
        agent.presentReplicas(of: policy) { replicas in
          engine.loop.post {
            engine.assumeIsolated { $0.targetSeen(of: policy.name, replicas: replicas) }
          }
        }
      }
    }
  }
}
