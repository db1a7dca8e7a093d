internal import Scaling

/// What clients make the engine and the gRPC loops keep by names of their own: policies that
/// triggers imply or adjust, and ScaledObjects that have another name than their policy. Pure.
///
/// Everything else is bounded by the manifests. Beyond the limit the loops forget what has been asked
/// least recently; until they have, a quarter more is taken and then nothing.
struct ImpliedBudget {
  /// In bytes.
  let limit: Int
  private(set) var byteCount = 0
  /// Loops that have been asked to forget, and have not answered.
  private var askedLoops = 0

  /// What a ScaledObject takes in the engine and in a loop, beside its texts; measured.
  static let objectCost = 1536
  /// What a policy takes, beside its texts, its schedule and what was read for it.
  static let policyCost = 4096
  /// The object itself, its key, and the message that is remembered.
  private static let copies = 3

  init(limit: Int) {
    self.limit = limit
  }

  /// Whether one more ScaledObject is taken.
  var hasRoom: Bool { byteCount < limit + limit / 4 }

  mutating func add(_ bytes: Int) {
    byteCount += bytes
    assert(byteCount >= 0, "what is taken away was added")
  }

  /// - Returns: whether to ask that many loops to forget something.
  mutating func asksToForget(loops: Int) -> Bool {
    guard byteCount > limit, askedLoops == 0, loops > 0 else { return false }
    askedLoops = loops
    return true
  }

  /// A loop has forgotten what it could.
  mutating func loopAnswered() { askedLoops = max(0, askedLoops - 1) }

  /// What a ScaledObject counts; 0 for one that has its policy's name, and no metadata by which one
  /// name stands for many.
  static func cost(of object: ScaledObject, boundTo key: PolicyKey) -> Int {
    let name = ResourceName(namespace: object.namespace, name: object.name)
    guard !(saysNothingNew(object) && key == PolicyKey(name: name)) else { return 0 }
    return objectCost + copies * (object.byteCount + (object.trigger?.byteCount ?? 0))
  }

  /// Whether the metadata only repeats what the object's policy says: its name, as Kedastral's triggers
  /// have it, and its lead time, which can be written in a few characters in a few ways only.
  private static func saysNothingNew(_ object: ScaledObject) -> Bool {
    [object.policy, object.workload].allSatisfy { $0 == nil || $0 == object.name }
      && (object.leadTime?.utf8.count ?? 0) <= longestUsualLeadTime
      && object.metricName == nil && object.trigger == nil
  }

  /// `10m`, `1h30m`.
  private static let longestUsualLeadTime = 5

  /// What a policy counts; 0 for one of a manifest as it is.
  ///
  /// - Parameter feeds: what it reads. A trigger that adjusts a policy reads what that policy reads.
  static func cost(of key: PolicyKey, readings: [SignalReading], feeds: Set<Feed> = []) -> Int {
    guard !key.isUnchanged else { return 0 }
    let learnt = key.isImplied ? feeds.reduce(0) { $0 + forecastCost(of: $1) } : 0
    return policyCost + learnt + readings.reduce(0) { $0 + $1.byteCount }
  }

  /// What is learnt for a forecast that is made here: of each bucket of a day, and of each one that is
  /// forecast; measured, with what is read for it.
  private static func forecastCost(of feed: Feed) -> Int {
    guard case .builtIn(_, let forecast) = feed else { return 0 }
    let step = max(forecast.value.step, .seconds(1))
    let buckets = Int(Duration.seconds(86_400) / step)
    let horizons = Int((forecast.value.leadTime / step).rounded(.up)) + 3
    return 16_384 + 16 * buckets + 2048 * horizons
  }
}

extension SignalReading {
  fileprivate var byteCount: Int {
    switch self {
    case .forecast(let reading):
      guard case .forecast(let series)? = reading?.value else { return 0 }
      return series.replicas.count * MemoryLayout<Int>.stride
    case .schedule(let timeline):
      return timeline.steps.count * MemoryLayout<ScheduleTimeline.Step>.stride
    case .prometheus, .unreadable:
      return 0
    }
  }
}
