package import Time

/// What a person asks of one policy until a certain time, whatever its signals say: for launches and
/// incidents.
///
/// It lies above the caps of schedules and below the policy's limits. Every replica knows all of
/// them, so that it carries nothing that only one process understands.
package struct Override: Hashable, Sendable {
  /// Differs from every other's, in all replicas.
  package var id: String
  package var policy: ResourceName
  package var bounds: Bounds
  /// When it was set.
  package var since: Instant
  /// When it ends by itself.
  package var until: Instant
  /// Why, in the words of the person who set it; empty for no word.
  package var reason: String
  /// When it was ended early; nil for one that was not. Such an override is remembered until `until`,
  /// so that no replica brings it back.
  package var ended: Instant?

  package enum Bounds: Hashable, Sendable {
    case atLeast(Int)
    case atMost(Int)
    /// Both, the lower bound first.
    case between(Int, Int)
    /// The answer at the time when it was set, up and down.
    case frozen(Int)
  }

  package init(
    id: String, policy: ResourceName, bounds: Bounds, since: Instant, until: Instant,
    reason: String = "", ended: Instant? = nil
  ) {
    self.id = id
    self.policy = policy
    self.bounds = bounds
    self.since = since
    self.until = until
    self.reason = reason
    self.ended = ended
  }

  package func isRunning(at now: Instant) -> Bool { ended == nil && now < until }

  /// `at least 40 until 18:00Z: launch`.
  package func sentence(at now: Instant) -> String {
    bounds.sentence(until: until, reason: reason, at: now)
  }
}

extension Override.Bounds {
  /// Nil for no bounds, or bounds that exclude each other.
  package init?(atLeast: Int?, atMost: Int?, isFrozen: Bool = false) {
    switch (atLeast, atMost) {
    case (let lower?, let upper?) where lower == upper && isFrozen: self = .frozen(lower)
    case (let lower?, let upper?) where lower <= upper: self = .between(lower, upper)
    case (let lower?, nil): self = .atLeast(lower)
    case (nil, let upper?): self = .atMost(upper)
    case (.some, .some), (nil, nil): return nil
    }
  }

  /// Nil for no lower bound.
  package var lower: Int? {
    switch self {
    case .atLeast(let replicas), .frozen(let replicas), .between(let replicas, _): replicas
    case .atMost: nil
    }
  }

  /// Nil for no upper bound.
  package var upper: Int? {
    switch self {
    case .atMost(let replicas), .frozen(let replicas), .between(_, let replicas): replicas
    case .atLeast: nil
    }
  }

  func applied(to answer: Int) -> Int {
    min(max(answer, lower ?? 0), upper ?? .max)
  }

  package func sentence(until: Instant, reason: String, at now: Instant) -> String {
    let what =
      switch self {
      case .atLeast(let replicas): "at least \(replicas)"
      case .atMost(let replicas): "at most \(replicas)"
      case .between(let lower, let upper): "at least \(lower) and at most \(upper)"
      case .frozen(let replicas): "frozen at \(replicas)"
      }
    return "\(what) until \(until.shortText(near: now))\(reason.isEmpty ? "" : ": \(reason)")"
  }
}

extension Override {
  /// What one override may hold.
  package enum Limits {
    /// Longer than any launch: what holds for good belongs into the policy.
    package static let longest = Duration.seconds(31 * 86_400)
    /// In bytes of UTF-8.
    package static let reason = 200
    /// At once for one policy.
    package static let perPolicy = 20
    /// Of all policies, those that were ended early among them.
    package static let total = 10_000
    /// Kubernetes counts in 32 bits.
    package static let replicas = Int(Int32.max)
  }
}
