internal import HTTPClient
internal import Time

/// Decides whether and when a call that failed is made again. Pure.
struct RetryPlan {
  private let deadline: Duration
  private let repeats: Bool
  private let isIdempotent: Bool
  private let isRead: Bool
  private var failures = 0
  private var hasRenewedCredentials = false

  static let firstWait = Duration.milliseconds(500)
  /// Short enough that a server that is back is found soon.
  static let longestWait = Duration.seconds(3)
  /// How long the first attempts may go unanswered.
  static let shortestPatience = Duration.seconds(3)
  static let longestPatience = Duration.seconds(30)
  /// How many have it.
  static let shortAttempts = 3

  init(_ call: APICall) {
    deadline = call.deadline
    repeats = call.repeats
    isIdempotent = call.isIdempotent
    isRead = call.verb == .get || call.verb == .list
  }

  /// How long an attempt may go unanswered after so many failures. What takes requests for a server
  /// that is away often never answers them, so the first attempts are short; a server that is only
  /// slow has more time at each later one.
  static func patience(failures: Int) -> Duration {
    let doublings = min(max(failures - shortAttempts + 1, 0), 16)
    return min(shortestPatience * (1 << doublings), longestPatience)
  }

  /// How long the next attempt may take.
  ///
  /// - Parameter elapsed: Since the first attempt began.
  func limit(elapsed: Duration) -> Duration {
    let rest = deadline - elapsed
    // A write that is given up may still happen: it has all the time there is.
    guard repeats, isRead, failures <= Self.shortAttempts else { return rest }
    return min(Self.patience(failures: failures), rest)
  }

  enum OnFailure: Hashable {
    case giveUp
    case repeatNow
    case repeatAfter(Duration)
  }

  /// - Parameter elapsed: Since the first attempt began.
  mutating func failed(
    _ failure: KubernetesFailure, elapsed: Duration, jitter: inout JitterSource
  ) -> OnFailure {
    if failure.kind == .unauthorized {
      // The token may have been exchanged a moment ago; once is enough to know.
      guard !hasRenewedCredentials else { return .giveUp }
      hasRenewedCredentials = true
      return .repeatNow
    }
    guard repeats, failure.isTransient, isAllowed(after: failure) else { return .giveUp }
    failures += 1
    // Time has passed enough where no answer came.
    let rank = failure.kind == .unreachable(.timeout) ? 1 : failures
    let wait = failure.retryAfter ?? Self.backOff(failures: rank, jitter: &jitter)
    return elapsed + wait < deadline ? .repeatAfter(wait) : .giveUp
  }

  /// A create whose end is not known may have succeeded. What the server has turned away with a
  /// time to come back has not been begun.
  private func isAllowed(after failure: KubernetesFailure) -> Bool {
    isIdempotent || failure.kind == .throttled || failure.retryAfter != nil
  }

  /// Doubles, with the upper half of each wait left to chance, so that replicas do not come back in
  /// step.
  static func backOff(
    failures: Int, first: Duration = firstWait, longest: Duration = longestWait,
    jitter: inout JitterSource
  ) -> Duration {
    let doublings = min(max(failures - 1, 0), 16)
    let wait = min(first * (1 << doublings), longest)
    return wait / 2 + wait * Double.random(in: 0...0.5, using: &jitter)
  }
}
