internal import Scaling
internal import Time

/// Which worker wants the answers of which ScaledObject, what answers each of them, and which
/// workers still wait for a first answer. Pure.
struct Subscriptions<Worker: Hashable> {
  private struct Subscription {
    /// What answers the ScaledObject; an error where nothing does.
    var binding: Result<PolicyKey, AnswerError>
    /// What it is counted with in `ImpliedBudget`.
    var cost = 0
    /// When a worker first asked about it.
    var since = Instant.distantPast
    /// Workers that know the answer and hear of changes.
    var informed: [Worker] = []
    /// Workers that wait for the first fetch.
    var waiting: [Worker] = []
  }

  private var subscriptions: [ScaledObject: Subscription] = [:]
  /// Those whose trigger names a policy, a workload or signals, by the ScaledObject's name: a few of each.
  private var withMetadata: [ResourceName: [ScaledObject]] = [:]
  /// As many triggers as people give a ScaledObject. Names and metadata are the clients' choice.
  private static var mostOfOneName: Int { 16 }
  /// The earliest deadline first, because all wait equally long.
  private var waits: [(deadline: Duration, object: ScaledObject)] = []

  var count: Int { subscriptions.count }

  var objects: [ScaledObject] { Array(subscriptions.keys) }

  /// Nil for a ScaledObject that no worker asks about.
  func binding(of object: ScaledObject) -> Result<PolicyKey, AnswerError>? {
    subscriptions[object]?.binding
  }

  /// Sets what answers a ScaledObject; its workers stay.
  mutating func bind(_ object: ScaledObject, to binding: Result<PolicyKey, AnswerError>) {
    if subscriptions[object] == nil {
      subscriptions[object] = Subscription(binding: binding)
    } else {
      subscriptions[object]?.binding = binding
    }
  }

  /// What a ScaledObject is counted with; 0 for one that the manifests bound.
  func cost(of object: ScaledObject) -> Int { subscriptions[object]?.cost ?? 0 }

  /// - Precondition: the object is bound; otherwise nothing happens.
  mutating func count(_ object: ScaledObject, as cost: Int) {
    subscriptions[object]?.cost = cost
  }

  /// Takes note of when a ScaledObject was first asked about.
  ///
  /// - Precondition: the object is bound, and new; otherwise nothing happens.
  mutating func date(_ object: ScaledObject, at now: Instant) {
    guard subscriptions[object] != nil else { return }
    subscriptions[object]?.since = now
    guard object != object.withoutMetadata,
      withMetadata[object.resource]?.count ?? 0 < Self.mostOfOneName
    else { return }
    withMetadata[object.resource, default: []].append(object)
  }

  /// What answers the other triggers that a ScaledObject has, or had before an edit, and since when they
  /// are asked about.
  func others(than object: ScaledObject) -> [(key: PolicyKey, since: Instant)] {
    let known = [object.withoutMetadata] + (withMetadata[object.resource] ?? [])
    return known.compactMap { other in
      guard other != object, let subscription = subscriptions[other],
        let key = try? subscription.binding.get()
      else { return nil }
      return (key, subscription.since)
    }
  }

  /// Workers that hear of changes.
  func informed(of object: ScaledObject) -> [Worker] {
    subscriptions[object]?.informed ?? []
  }

  /// - Precondition: the object is bound; otherwise nothing happens.
  mutating func inform(_ worker: Worker, of object: ScaledObject) {
    subscriptions[object]?.informed.append(worker)
  }

  /// - Parameter deadline: on the loop's clock; no earlier than any deadline before.
  /// - Precondition: the object is bound; otherwise nothing happens.
  mutating func wait(_ worker: Worker, for object: ScaledObject, until deadline: Duration) {
    guard subscriptions[object] != nil else { return }
    assert(waits.last.map { $0.deadline <= deadline } ?? true, "all wait equally long")
    subscriptions[object]?.waiting.append(worker)
    waits.append((deadline, object))
  }

  /// When the first wait ends, on the loop's clock; nil while nothing waits.
  var nextDeadline: Duration? { waits.first?.deadline }

  /// The ScaledObjects whose wait has ended, to be answered from what is known.
  mutating func popExpiredWaits(at now: Duration) -> [ScaledObject] {
    let expired = waits.prefix { $0.deadline <= now }.map(\.object)
    waits.removeFirst(expired.count)
    return expired
  }

  /// Workers that have waited become informed.
  ///
  /// - Returns: those workers.
  mutating func endWaiting(for object: ScaledObject) -> [Worker] {
    guard let waiting = subscriptions[object]?.waiting, !waiting.isEmpty else { return [] }
    subscriptions[object]?.informed += waiting
    subscriptions[object]?.waiting = []
    return waiting
  }

  /// - Returns: what answered the object, if that was its last worker and it is forgotten.
  mutating func remove(
    _ worker: Worker, from object: ScaledObject
  ) -> Result<PolicyKey, AnswerError>? {
    guard var subscription = subscriptions[object] else { return nil }
    subscription.informed.removeAll { $0 == worker }
    subscription.waiting.removeAll { $0 == worker }
    let isUnused = subscription.informed.isEmpty && subscription.waiting.isEmpty
    subscriptions[object] = isUnused ? nil : subscription
    guard isUnused else { return nil }
    withMetadata[object.resource]?.removeAll { $0 == object }
    if withMetadata[object.resource]?.isEmpty == true { withMetadata[object.resource] = nil }
    return subscription.binding
  }
}
