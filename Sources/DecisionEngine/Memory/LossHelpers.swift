internal import Scaling
internal import Time

/// Who may know what this process cannot read: the other replicas, and the cluster.
struct LossHelpers {
  /// Asks the other replicas about policies, by the texts of their keys; nil where there are none. The
  /// engine's `learn` ends it.
  var askPeers: (@Sendable ([String]) -> Void)?
  /// Looks at the present replicas of a policy's target; nil where no cluster can be read. The engine's
  /// `targetSeen` ends it.
  var lookAtTarget: (@Sendable (Policy) -> Void)?
  /// Policies with a signal that is lost.
  private(set) var lost: Set<PolicyKey> = []
  /// Policies whose targets have been looked at, or are now.
  private var looked: Set<PolicyKey> = []
  private var isAsking = false
  /// On the loop's clock.
  private var nextAsking = Duration.zero
  /// As often as the quickest data source is asked, within reason.
  private var interval = DataSource.Defaults.refresh

  private static let shortestInterval = Duration.seconds(1)
  private static let longestInterval = Duration.seconds(15)

  mutating func noteRefresh(of sources: some Sequence<DataSource>) {
    let quickest = sources.map(\.refresh).min() ?? DataSource.Defaults.refresh
    interval = min(max(quickest, Self.shortestInterval), Self.longestInterval)
  }

  mutating func note(_ key: PolicyKey, isLost: Bool) {
    guard askPeers != nil else { return }
    if isLost { lost.insert(key) } else if !lost.isEmpty { lost.remove(key) }
  }

  /// - Returns: whether the other replicas are to be asked now.
  mutating func beginsAsking(now: Duration) -> Bool {
    guard askPeers != nil, !isAsking, !lost.isEmpty, now >= nextAsking else { return false }
    isAsking = true
    nextAsking = now + interval
    return true
  }

  mutating func endedAsking() { isAsking = false }

  /// - Returns: whether the policy's target is to be looked at: once.
  mutating func beginsLook(at key: PolicyKey) -> Bool {
    lookAtTarget != nil && looked.insert(key).inserted
  }

  /// It could not be seen: the next failure of a source leads to another look.
  mutating func lookFailed(at key: PolicyKey) { looked.remove(key) }

  mutating func forget(_ key: PolicyKey) {
    lost.remove(key)
    looked.remove(key)
  }
}
