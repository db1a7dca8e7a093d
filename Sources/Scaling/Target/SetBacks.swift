/// How often somebody else has undone what Headstart wrote to one target. Pure.
///
/// A set-back is counted once, when the target is seen with another count than it was left with; that
/// Headstart then writes again, and succeeds, begins no new count. Times are of a monotonic clock.
package struct SetBacks: Hashable, Sendable {
  /// All since the process began to scale the target.
  package private(set) var total = 0
  /// What the target was left with; nil before the first write, and once that was undone.
  private var left: Int?
  /// When the last few were seen, the oldest first.
  private var latest: [Duration] = []

  /// A single one is a `helm upgrade`; this many are another manager that goes on.
  static let enough = 3
  /// Within this time: GitOps tools reconcile every few minutes, some every twenty.
  static let window = Duration.seconds(3600)

  package init() {}

  /// Headstart has set the target.
  mutating func wrote(_ replicas: Int) { left = replicas }

  /// What the target has is not Headstart's doing any more: it is gone, or another replica writes.
  mutating func forget() { left = nil }

  /// The target was seen with a count that has to be changed.
  mutating func sawDifference(_ replicas: Int, _ extent: TargetRules.Extent, now: Duration) {
    guard let left else { return }
    switch extent {
    case .exactCount:
      guard replicas != left else { return }
    case .toAndFromZero:
      // Above zero the count is somebody else's.
      guard (replicas == 0) != (left == 0) else { return }
    }
    self.left = nil
    total += 1
    latest.append(now)
    if latest.count > Self.enough { latest.removeFirst() }
  }

  /// Whether somebody keeps setting the target back.
  func isContested(now: Duration) -> Bool {
    guard latest.count == Self.enough, let first = latest.first else { return false }
    return first + Self.window > now
  }
}
