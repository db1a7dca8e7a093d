internal import DataSources
internal import EventLoop
internal import Scaling
internal import Telemetry
internal import Time

/// What the loops of the gRPC port ask the engine, and how they hear of changes.
extension DecisionEngine {
  /// How many new ScaledObjects one turn of the loop takes, and for how long, before sources, timers and
  /// the side port get theirs: clients can make up any number.
  package static let arrivalsPerTurn = 64
  private static let arrivalsTime = Duration.milliseconds(5)

  /// A worker asks for the answers of an object, now and from now on. What has to wait is bounded by what the
  /// workers have unanswered.
  ///
  /// - Parameter ignored: keys of its trigger that mean nothing here, for the log.
  package func subscribe(
    _ object: ScaledObject, ignoring ignored: [String], worker: WorkerMailbox
  ) {
    if arrivals.isEmpty { takeArrivalsNextTurn() }
    arrivals.append(
      Arrivals.Arrival(
        object: object, ignored: ignored, worker: worker, isNamed: isNamedByManifest(object)))
  }

  private func takeArrivalsNextTurn() {
    loop.post { [self] in assumeIsolated { $0.takeArrivals() } }
  }

  private func takeArrivals() {
    let start = Duration.nanoseconds(EventLoop.clock)
    for _ in 0..<Self.arrivalsPerTurn {
      guard let arrival = arrivals.popFirst() else { break }
      take(arrival)
      if .nanoseconds(EventLoop.clock) - start >= Self.arrivalsTime { break }
    }
    keepWithinImplied()
    finishPass()
    if !arrivals.isEmpty { takeArrivalsNextTurn() }
  }

  private func take(_ arrival: Arrivals.Arrival) {
    let (object, worker) = (arrival.object, arrival.worker)
    if subscriptions.binding(of: object) == nil {
      let hasRoom = implied.hasRoom || arrival.isNamed
      guard subscriptions.count < configuration.maxSubscriptions, hasRoom else {
        let error = AnswerError(
          .tooManyObjects,
          hasRoom
            ? "\(configuration.maxSubscriptions) ScaledObjects are known already, which is the "
              + "limit: are trigger metadata generated?"
            : "ScaledObjects that no manifest names take \(implied.byteCount) bytes already; the "
              + "limit is --max-implied=\(implied.limit): are trigger metadata generated?")
        worker.post(.answers([AnswerUpdate(object: object, answer: Answer(error))]))
        return
      }
      let now = configuration.wallClock()
      let binding = bind(object, at: now)
      subscriptions.bind(object, to: binding)
      subscriptions.date(object, at: now)
      if let key = try? binding.get(), let entry = entries[key] {
        let cost = ImpliedBudget.cost(of: object, boundTo: key)
        subscriptions.count(object, as: cost)
        implied.add(cost)
        bridgeEdit(of: object, to: entry, at: now)
        triggerLog.record(
          object, policy: entry.policy, ignored: arrival.ignored, zones: configuration.zones,
          at: now, to: logger)
      }
    }
    if isPrimed(object) {
      subscriptions.inform(worker, of: object)
      if let answer = answer(for: object) {
        outbox.put(update(of: object, answer), [worker])
      }
    } else {
      let isOnly = subscriptions.nextDeadline == nil
      subscriptions.wait(worker, for: object, until: loop.now + configuration.firstFetchWait)
      if isOnly { waitTimer?.start(after: configuration.firstFetchWait) }
    }
  }

  /// Whether a ScaledObject takes nothing of what clients may have kept: it is answered however much they
  /// make up.
  private func isNamedByManifest(_ object: ScaledObject) -> Bool {
    // What the metadata of triggers means takes long to find out.
    guard object.trigger == nil, let bound = try? binder.bind(object) else { return false }
    return bound.key.isUnchanged && ImpliedBudget.cost(of: object, boundTo: bound.key) == 0
  }

  /// Has the loops forget what was asked least recently, once too much is kept for clients.
  func keepWithinImplied() {
    guard implied.asksToForget(loops: workers.count) else { return }
    for worker in workers { worker.post(.forgetOldest) }
  }

  /// A worker was asked to forget, and has forgotten these.
  package func forgot(_ objects: [ScaledObject], worker: WorkerMailbox) {
    implied.loopAnswered()
    unsubscribe(objects, worker: worker)
    // With nothing to forget the next ScaledObject asks again.
    if !objects.isEmpty { keepWithinImplied() }
  }

  /// A first answer.
  private func update(of object: ScaledObject, _ answer: Answer) -> AnswerUpdate {
    AnswerUpdate(
      object: object, answer: answer, isImplied: subscriptions.cost(of: object) > 0)
  }

  /// What an entry takes has changed, or it is gone.
  func recount(_ entry: PolicyEntry, isGone: Bool = false) {
    guard !entry.key.isUnchanged else { return }
    let cost =
      isGone
      ? 0
      : ImpliedBudget.cost(
        of: entry.key, readings: readings(of: entry), feeds: entry.allFeeds)
    implied.add(cost - entry.cost)
    entry.cost = cost
  }

  /// A worker has not been asked about these objects for a long time.
  package func unsubscribe(_ objects: [ScaledObject], worker: WorkerMailbox) {
    for object in objects {
      let cost = subscriptions.cost(of: object)
      guard let binding = subscriptions.remove(worker, from: object) else { continue }
      implied.add(-cost)
      guard
        let key = try? binding.get(), let entry = entries[key]
      else { continue }
      entry.subscribers.remove(object)
      if isUnwanted(entry, key, in: binder.catalog) { remove(entry) }
    }
  }

  func isPrimed(_ object: ScaledObject) -> Bool {
    guard let key = try? subscriptions.binding(of: object)?.get() else { return true }
    return !unprimed.contains(key)
  }

  func hasBeenRead(_ entry: PolicyEntry) -> Bool {
    entry.allFeeds.allSatisfy { feeds?.reading(of: $0) != nil }
  }

  func answer(for object: ScaledObject) -> Answer? {
    switch subscriptions.binding(of: object) {
    case nil:
      return nil
    case .failure(let error):
      return Answer(error)
    case .success(let key):
      guard let entry = entries[key], let decision = entry.decision else { return nil }
      return Answer(decision, whenUnavailable: entry.policy.whenUnavailable)
    }
  }

  func tellInformed(of object: ScaledObject) {
    guard let answer = answer(for: object) else { return }
    outbox.put(AnswerUpdate(object: object, answer: answer), subscriptions.informed(of: object))
  }

  func informWaiting(of object: ScaledObject) {
    guard let answer = answer(for: object) else { return }
    outbox.put(update(of: object, answer), subscriptions.endWaiting(for: object))
  }

  func endFirstLoadIfDone() {
    guard let start = firstLoadStart, hasCatalog, feeds != nil else { return }
    // Whoever has emptied a file is about to write it; an error waits for a person.
    let isBroken = catalog.broken.count > catalog.emptyFiles
    let limit = isBroken ? configuration.brokenManifestWait : configuration.firstLoadWait
    let isKnown = awaited.isEmpty && catalog.broken.isEmpty
    guard loop.now >= start + limit || isKnown else { return }
    firstLoadStart = nil
    awaited = []
    for worker in workers { worker.post(.ready) }
    onReady?()
    onReady = nil
  }
}
