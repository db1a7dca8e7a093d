internal import HTTPClient
internal import Time

/// What a watch does next: lists, watches, waits. Pure.
///
/// A collection is listed first, always, and then watched from the list's resourceVersion: a watch
/// without one is refused by servers that cannot stream the present state. A watch that ends goes on
/// from the last resourceVersion that was seen; one whose resourceVersion has expired (410) begins
/// with a list again.
struct WatchProgress {
  private enum State: Hashable {
    case stopped
    case listing
    case watching
    case waiting
  }

  /// What to do now.
  enum Order: Hashable {
    case list
    /// Watch what comes after that resourceVersion.
    case watch(from: String)
    case wait(Duration)
    case nothing
  }

  private var state = State.stopped
  /// Up to where everything is known; nil before the first list, and after an expiry.
  private(set) var resourceVersion: String?
  /// Whether the server has ever listed the kind.
  private var hasListed = false
  private var failures = 0
  /// Watches in a row that had expired before they told of anything.
  private var expiries = 0
  private var watchBegan = Duration.zero
  /// When the watch under way has told of something; nil where it has not.
  private var heardAt: Duration?
  private var jitter: JitterSource

  /// As client-go's reflector.
  static let firstWait = Duration.milliseconds(800)
  static let longestWait = Duration.seconds(30)
  /// An outage is short at first: about for the first minute nothing waits longer, so that a server
  /// that is back is found soon.
  static let longestEarlyWait = Duration.seconds(3)
  static let earlyFailures = 25
  /// How often a kind is looked for that the server does not know.
  static let absentWait = Duration.seconds(15)
  /// A server that ends watches sooner than that, without a word, is not asked again at once.
  static let shortestWatch = Duration.seconds(1)
  /// After so many failures of the watch alone, its resourceVersion is not trusted any more.
  static let failuresBeforeList = 5

  init(jitter: JitterSource) {
    self.jitter = jitter
  }

  mutating func started() -> Order {
    state = .listing
    return .list
  }

  /// - Parameter now: Of a monotonic clock, as for all inputs.
  mutating func listed(resourceVersion: String, now: Duration) -> Order {
    self.resourceVersion = resourceVersion
    hasListed = true
    failures = 0
    return beginWatch(from: resourceVersion, now: now)
  }

  mutating func listFailed(_ failure: KubernetesFailure) -> Order {
    wait(after: failure)
  }

  /// How long the server may take to begin its answer to the next watch.
  var patience: Duration { RetryPlan.patience(failures: failures) }

  /// An event or a bookmark has come.
  mutating func received(resourceVersion: String, now: Duration) {
    failures = 0
    expiries = 0
    heardAt = now
    guard !resourceVersion.isEmpty else { return }
    self.resourceVersion = resourceVersion
  }

  /// The server has ended the watch, as it does after the time that it was given.
  mutating func watchEnded(now: Duration) -> Order {
    guard heardAt != nil || now - watchBegan >= Self.shortestWatch else {
      return waitBackOff()
    }
    return resume(now: now)
  }

  /// The watch has broken off, or was refused.
  mutating func watchFailed(_ failure: KubernetesFailure, now: Duration) -> Order {
    if failure.kind == .expired {
      resourceVersion = nil
      expiries += 1
      // Once at once; a server on which every list expires is not asked without end.
      guard expiries == 1 else {
        failures = max(failures, expiries - 2)
        return waitBackOff()
      }
      state = .listing
      return .list
    }
    if hasFallenSilent(failure) { return resume(now: now) }
    if failures >= Self.failuresBeforeList { resourceVersion = nil }
    return wait(after: failure)
  }

  /// The server answers again, whose silence was noticed then. A watch that has been quiet since may have
  /// died without a word, so it is replaced.
  mutating func serverReturned(awaySince: Duration, now: Duration) -> Order {
    guard state == .watching, (heardAt ?? .zero) < awaySince else { return .nothing }
    return resume(now: now)
  }

  /// The wait that was ordered is over.
  mutating func waited(now: Duration) -> Order {
    guard state == .waiting else { return .nothing }
    return resume(now: now)
  }

  /// It is time to compare everything.
  mutating func resyncDue() -> Order {
    guard state == .watching else { return .nothing }
    state = .listing
    return .list
  }

  mutating func stopped() {
    state = .stopped
  }

  // MARK: Private

  private mutating func beginWatch(from version: String, now: Duration) -> Order {
    state = .watching
    watchBegan = now
    heardAt = nil
    return .watch(from: version)
  }

  private mutating func resume(now: Duration) -> Order {
    if let resourceVersion { return beginWatch(from: resourceVersion, now: now) }
    state = .listing
    return .list
  }

  /// The connection has died without a word while the server may be well: another one is tried at
  /// once, if this one has ever worked.
  func hasFallenSilent(_ failure: KubernetesFailure) -> Bool {
    failure.kind == .unreachable(.timeout) && heardAt != nil
  }

  private mutating func wait(after failure: KubernetesFailure) -> Order {
    // A server that starts does not know its CRDs at first.
    let isStarting = hasListed && failures < Self.earlyFailures
    if failure.kind == .unknownResource, !isStarting {
      state = .waiting
      return .wait(Self.absentWait * Double.random(in: 1...1.2, using: &jitter))
    }
    if let wait = failure.retryAfter {
      failures += 1
      state = .waiting
      return .wait(min(max(wait, .milliseconds(1)), Self.longestWait))
    }
    return waitBackOff(hasWaited: failure.kind == .unreachable(.timeout))
  }

  /// - Parameter hasWaited: Whether the failure has taken its time: then the next attempt follows soon.
  private mutating func waitBackOff(hasWaited: Bool = false) -> Order {
    failures += 1
    state = .waiting
    let isEarly = failures < Self.earlyFailures
    return .wait(
      RetryPlan.backOff(
        failures: hasWaited && isEarly ? 1 : failures, first: Self.firstWait,
        longest: isEarly ? Self.longestEarlyWait : Self.longestWait, jitter: &jitter))
  }
}
