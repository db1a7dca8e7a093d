package import Time

/// Finds floods: frames that bring no call forward and cost the server work all the same, more of
/// them than any client has reason to send.
///
/// Each kind has a rate; twenty seconds' worth of it may come at once, since an operator that
/// restarts cancels its streams all together.
package struct FloodGuard: Sendable {
  /// Frames a second; nil turns a limit off.
  package struct Limits: Sendable, Equatable {
    /// Streams that are reset: by the client (CVE-2023-44487), or by the server because the client
    /// broke a rule (CVE-2025-8671).
    package var resets: Int? = ConnectionLimits().resets
    /// Frames of each kind that is not a call: PING, SETTINGS, PRIORITY, WINDOW_UPDATE beyond what
    /// answers give reason for, DATA without data, what else there is.
    package var control: Int? = ConnectionLimits().controlFrames

    package init() {}
  }

  /// What may come at once, in seconds of the rate.
  package static let burst = 20
  /// A SETTINGS frame makes the server go through all streams of the connection, and answer.
  package static let costOfSettings = 20
  /// The updates that a new stream and a DATA frame that was sent give reason for.
  static let updatesPerFrame = 10

  private let limits: Limits
  /// Made when the first frame of the kind comes.
  private var buckets: [ServerLimit: TokenBucket] = [:]
  private var freeUpdates = 100

  package init(limits: Limits) {
    self.limits = limits
  }

  /// A frame of a kind that is counted has come.
  ///
  /// - Returns: whether it is one too many.
  package mutating func received(_ kind: ServerLimit, now: MonotonicTime) -> Bool {
    if kind == .windowUpdates, freeUpdates > 0 {
      freeUpdates -= 1
      return false
    }
    guard let rate = kind == .resets ? limits.resets : limits.control else { return false }
    let cost = kind == .settings ? Self.costOfSettings : 1
    let isAllowed = buckets[
      kind, default: TokenBucket(capacity: rate * Self.burst, perSecond: Double(rate), now: now)
    ].take(cost, now: now)
    return !isAllowed
  }

  /// A new stream has come, or a DATA frame has gone, for which the client may open its windows.
  package mutating func movedForward() {
    freeUpdates = min(freeUpdates + Self.updatesPerFrame, 1_000_000)
  }
}
