internal import Scaling
package import Time

/// What came of one way of scaling, over the time in which the load is known.
package struct BacktestAccount: Hashable, Sendable {
  /// How long fewer pods served than were needed.
  package private(set) var underProvisioned = Duration.zero
  /// Replicas times hours, pods that start included.
  package private(set) var replicaHours = 0.0
  /// The most pods that were missing at once; 0 for never any.
  package private(set) var worstShortfall = 0
  /// When the worst shortfall first occurred.
  package private(set) var worstAt: Instant?
  /// How often the number of replicas was changed.
  package private(set) var scalings = 0

  /// The longest time in a row with too few pods.
  package private(set) var longestShortage = Duration.zero
  /// When it began.
  package private(set) var longestAt: Instant?
  /// The time in a row with too few pods in which the most load was not served.
  package private(set) var worstEpisode: Episode?

  private var replicaSeconds = 0.0
  private var load = 0.0
  private var unserved = 0.0
  /// The one that lasts until the last instant that was accounted.
  private var episode: Episode?

  /// A time in a row with too few pods.
  package struct Episode: Hashable, Sendable {
    package fileprivate(set) var from: Instant
    package fileprivate(set) var length = Duration.zero
    fileprivate var load = 0.0
    /// The load that no pod carried, times seconds.
    package fileprivate(set) var unserved = 0.0

    /// The part of its load that no pod carried, 0 to 1.
    package var unservedShare: Double { load > 0 ? unserved / load : 0 }
  }

  package init() {}

  /// Between two events nothing changes, the load included.
  mutating func passed(
    seconds: Int, from start: Instant, needed: Int, serving: Int, replicas: Int, load: Double,
    perReplica: Double
  ) {
    let time = Double(seconds)
    replicaSeconds += Double(replicas) * time
    replicaHours = replicaSeconds / 3600
    self.load += load * time
    guard serving < needed else {
      episode = nil
      return
    }
    let lacking = max(load - Double(serving) * perReplica, 0) * time
    unserved += lacking
    underProvisioned += .seconds(seconds)
    if needed - serving > worstShortfall {
      worstShortfall = needed - serving
      worstAt = start
    }
    // A time in which the load is not known ends an episode.
    var current =
      episode.flatMap { $0.from.advanced(by: $0.length) == start ? $0 : nil }
      ?? Episode(from: start)
    current.length += .seconds(seconds)
    current.load += load * time
    current.unserved += lacking
    episode = current
    if current.length > longestShortage {
      longestShortage = current.length
      longestAt = current.from
    }
    if current.unserved > worstEpisode?.unserved ?? -1 { worstEpisode = current }
  }

  /// The part of the load that no pod carried, 0 to 1.
  package var unservedShare: Double { load > 0 ? unserved / load : 0 }

  mutating func scaled() {
    scalings += 1
  }
}
