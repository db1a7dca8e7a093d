package import Time

/// What one signal last asked for, which it goes on asking for while it is lost (design, section 1,
/// "Memory").
package struct SignalMemory: Hashable, Sendable {
  /// Its last demand within its lead window, before caps and limits: 0 or more.
  package var replicas: Int
  /// A query's last value: finite; nil for other signals.
  package var value: Double?
  /// A forecast's last series that reached into the window. It counts as long as it still does.
  package var series: ForecastSeries?
  /// When this was last read from the source.
  package var readAt: Instant
  /// Since when the signal is lost; nil while it is not.
  package var lostSince: Instant?
  /// How whole the data behind a query was; nil for a signal without evidence, and before it was
  /// first read.
  @Rare package var evidence: EvidenceMemory?
  package var origin: Origin
  /// The `Signal.definition` that asked, where an edit has put another one in its place that has
  /// not been read yet; nil for the signal's own.
  package var definition: UInt64?

  /// Where it was learnt.
  package enum Origin: Hashable, Sendable {
    /// From its source, by this process.
    case source
    /// From the state directory.
    case disk
    /// From another replica, by its address.
    case peer(String)
    /// Nothing was known, and the present replicas of the target stand in for it.
    case target

    /// For people; nil for what this process read itself.
    package var words: String? {
      switch self {
      case .source: nil
      case .disk: "learnt from the state directory"
      case .peer(let address): "learnt from peer \(address)"
      case .target: "its target's present replicas"
      }
    }

    /// For machines: `source`, `disk`, `peer 10.0.0.7`, `target`.
    package var text: String {
      switch self {
      case .source: "source"
      case .disk: "disk"
      case .peer(let address): "peer \(address)"
      case .target: "target"
      }
    }
  }

  package init(
    replicas: Int, value: Double? = nil, series: ForecastSeries? = nil, readAt: Instant,
    lostSince: Instant? = nil, evidence: EvidenceMemory? = nil, origin: Origin = .source,
    definition: UInt64? = nil
  ) {
    self.replicas = replicas
    self.value = value
    self.series = series
    self.readAt = readAt
    self.lostSince = lostSince
    _evidence = Rare(wrappedValue: evidence)
    self.origin = origin
    self.definition = definition
  }

  /// The wall clock was set by that much: what our own clock dated keeps its age. A series is dated
  /// by the forecaster's.
  package mutating func wallClockStepped(by step: Duration) {
    readAt.advance(by: step)
    lostSince?.advance(by: step)
    evidence?.levelSince.advance(by: step)
    evidence?.wholeSince?.advance(by: step)
    evidence?.readAt.advance(by: step)
  }
}

/// How whole the data behind a query was, by its `evidence` (design, section 1).
package struct EvidenceMemory: Hashable, Sendable {
  /// At the last reading that was taken; nil when it could not be read then.
  package var taken: Double?
  /// The latest, and since when it has been just that.
  package var level: Double
  package var levelSince: Instant
  /// Since when it has not been below `taken`; nil while it is.
  package var wholeSince: Instant?
  /// Whether this process has read it without a failure since `levelSince`. What another process knew,
  /// and what was known before a failure, says nothing of the time until it is read again.
  package var isFollowed: Bool
  /// When it was read last.
  package var readAt: Instant

  package init(
    taken: Double?, level: Double, levelSince: Instant, wholeSince: Instant? = nil,
    isFollowed: Bool = false, readAt: Instant
  ) {
    self.taken = taken
    self.level = level
    self.levelSince = levelSince
    self.wholeSince = wholeSince
    self.isFollowed = isFollowed
    self.readAt = readAt
  }
}
