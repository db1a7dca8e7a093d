internal import DataSources
internal import EventLoop
package import Scaling
internal import Telemetry
internal import Time

/// Which policies are in force, and which ScaledObjects they answer.
extension DecisionEngine {
  /// Takes what another process remembers, before the first catalog. The newest counts where several
  /// remember something.
  package func restore(_ restored: [String: PolicyMemory]) {
    memories.restore(restored, at: configuration.wallClock())
  }

  /// Puts a catalog into force, in place of the last one.
  package func update(catalog: Catalog) {
    let now = configuration.wallClock()
    noteDeletions(in: catalog, at: now)
    self.catalog = catalog
    helpers.noteRefresh(of: catalog.dataSources.values)
    apply(at: now)
    endFirstLoadIfDone()
  }

  func noteDeletions(in next: Catalog, at now: Instant) {
    let changed = deleted.changed(from: catalog, to: next, at: now)
    // Nothing is written for a policy that is deleted, though it is answered for a while.
    for entry in changed.deleted.flatMap(entries(named:)) {
      for observer in observers { observer.dropped(entry.key) }
    }
    returning.formUnion(changed.back)
    guard !hasCatalog else { return }
    hasCatalog = true
    for (name, gone) in memories.departedPolicies where next.policies[name] == nil {
      deleted.wasKnown(name, at: gone)
    }
  }

  /// Puts the catalog into force, and the policies that were deleted just now.
  func apply(at now: Instant) {
    var catalog = catalog
    for policy in deleted.answered(at: now) { catalog.policies[policy.value.name] = policy }
    binder = PolicyBinder(
      catalog: catalog, defaults: configuration.defaults, zones: configuration.zones,
      deleted: deleted.times)
    feeds?.update(dataSources: catalog.dataSources)
    services = [:]
    entries.reserveCapacity(catalog.policies.count)
    for policy in catalog.policies.values {
      putInForce(BoundPolicy(policy: policy, isImplied: false, leadTime: nil), at: now)
      noteService(of: policy.value)
    }
    rebindSubscriptions(at: now)
    // Every policy of the catalog has an entry by now: are there others?
    if entries.count > catalog.policies.count {
      for (key, entry) in entries where isUnwanted(entry, key, in: catalog) {
        remove(entry)
      }
    }
    // Observers have heard that they were gone.
    for entry in returning.flatMap(entries(named:)) { decide(entry, at: now) }
    returning = []
    finishPass()
  }

  /// Lets go of deleted policies and old memories whose time is over. The engine looks every second.
  package func forgetWhatIsOver() {
    let now = configuration.wallClock()
    memories.forgetOld(at: now)
    overrides.forget(at: now)
    if deleted.timePassed(at: now) { apply(at: now) }
  }

  func noteService(of policy: Policy) {
    guard let service = policy.activity?.service else { return }
    let key = ResourceName(namespace: policy.name.namespace, name: service)
    services[key] = services[key].map { min($0, policy.name) } ?? policy.name
  }

  /// The policy's entry, and those with the lead times that triggers ask of it.
  func entries(named name: ResourceName) -> [PolicyEntry] {
    let keys = [PolicyKey(name: name)] + (variants[name].map(Array.init) ?? [])
    return keys.compactMap { entries[$0] }
  }

  func putInForce(_ bound: BoundPolicy, at now: Instant) {
    let catalog = binder.catalog
    guard let entry = entries[bound.key] else {
      let entry = PolicyEntry(key: bound.key, policy: bound.policy, catalog: catalog)
      entries[bound.key] = entry
      if !bound.key.isUnchanged {
        variants[bound.key.name, default: []].insert(bound.key)
        triggerPolicies.add(bound.key)
      }
      let own = memories.take(bound.key)
      if own != nil { endLoans(of: bound.key, at: now) }
      if let memory = own ?? memoryOfVariant(bound)
        ?? memoryOfEdited(bound, at: now)
      {
        entry.restore(memory)
      }
      retain(entry.allFeeds, for: bound.key)
      if !hasBeenRead(entry) { unprimed.insert(bound.key) }
      decide(entry, at: now)
      recount(entry)
      return
    }
    let before = entry.allFeeds
    guard entry.update(policy: bound.policy, catalog: catalog) else { return }
    let after = entry.allFeeds
    retain(after.subtracting(before), for: bound.key)
    release(before.subtracting(after), for: bound.key)
    if !hasBeenRead(entry) { unprimed.insert(bound.key) }
    memories.differs(bound.key, by: .rise)
    decide(entry, at: now)
  }

  func rebindSubscriptions(at now: Instant) {
    for object in subscriptions.objects {
      let previous = try? subscriptions.binding(of: object)?.get()
      let binding = bind(object, at: now)
      subscriptions.bind(object, to: binding)
      let current = try? binding.get()
      guard current != previous || current == nil else { continue }
      if let previous, let entry = entries[previous] {
        entry.subscribers.remove(object)
        if let answer = entry.decision?.replicas, let current = current.flatMap({ entries[$0] }) {
          bridge(object, from: answer, to: current, at: now)
        }
      }
      tellInformed(of: object)
    }
  }

  /// What the same signals asked of a policy whose lead time a trigger has changed, or changed in another
  /// way: somebody edits the trigger, and what they read may not be had just then. They read the same, so
  /// that a few tell what all would: how many there are is up to the clients.
  private func memoryOfVariant(_ bound: BoundPolicy) -> PolicyMemory? {
    let name = bound.key.name
    let variants = Array((variants[name] ?? []).prefix(Self.fewVariants))
    return ([PolicyKey(name: name)] + variants).lazy.compactMap { self.entries[$0] }.first {
      entry in
      entry.key != bound.key && !entry.memory.signals.isEmpty
        && entry.policy.signals == bound.policy.value.signals
    }?.lasting
  }

  private static let fewVariants = 16

  /// A ScaledObject has another policy now, which may know less than the one before: the last
  /// answer is not left until all its required signals are known.
  ///
  /// Where that policy answers other ScaledObjects and has no number, it keeps none: theirs stand where they
  /// stand, and the number of this one could lower them.
  func bridge(
    _ object: ScaledObject, from answer: Int, to entry: PolicyEntry, at now: Instant
  ) {
    guard entry.isIncomplete else { return }
    guard
      entry.decision?.replicas != nil
        || entry.subscribers.allSatisfy({ $0.resource == object.resource })
    else { return }
    entry.keepFloor(answer)
    decide(entry, at: now)
  }

  /// Finds or makes the entry that answers an object, and enters the object with it.
  func bind(_ object: ScaledObject, at now: Instant) -> Result<PolicyKey, AnswerError> {
    do throws(AnswerError) {
      let bound = try binder.bind(object)
      putInForce(bound, at: now)
      entries[bound.key]?.subscribers.insert(object)
      return .success(bound.key)
    } catch {
      return .failure(error)
    }
  }

  func isUnwanted(_ entry: PolicyEntry, _ key: PolicyKey, in catalog: Catalog) -> Bool {
    guard entry.subscribers.isEmpty else { return false }
    return key.isImplied || key.leadTime != nil || catalog.policies[key.name] == nil
  }

  func remove(_ entry: PolicyEntry) {
    recount(entry, isGone: true)
    release(entry.allFeeds, for: entry.key)
    entries[entry.key] = nil
    variants[entry.key.name]?.remove(entry.key)
    if variants[entry.key.name]?.isEmpty == true { variants[entry.key.name] = nil }
    triggerPolicies.remove(entry.key)
    unprimed.remove(entry.key)
    unready.remove(entry.key)
    helpers.forget(entry.key)
    awaited.remove(entry.key)
    if let turn = entry.turn { agenda.remove(turn) }
    forgetLoans(to: entry.key)
    memories.leave(entry.lasting, of: entry.key, at: configuration.wallClock())
    // They have heard it of a deleted policy.
    if !deleted.contains(entry.key.name) || entry.key.isImplied {
      for observer in observers { observer.dropped(entry.key) }
    }
  }

  func retain(_ added: Set<Feed>, for key: PolicyKey) {
    for feed in added {
      dependents[feed, default: []].insert(key)
      feeds?.retain(feed)
    }
  }

  func release(_ dropped: Set<Feed>, for key: PolicyKey) {
    for feed in dropped {
      dependents[feed]?.remove(key)
      if dependents[feed]?.isEmpty == true { dependents[feed] = nil }
      feeds?.release(feed)
    }
  }
}
