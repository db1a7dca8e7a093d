internal import Time

extension EvidenceMemory {
  /// What is remembered once the evidence has been read again. After a failure or a restart it is not
  /// known what it was in between: from then on it has to be whole, or settle, once more.
  ///
  /// - Parameters:
  ///   - level: what was read: finite.
  ///   - instant: when it was read.
  static func after(
    _ memory: EvidenceMemory?, level: Double, readAt instant: Instant
  ) -> EvidenceMemory {
    guard var next = memory else {
      return EvidenceMemory(
        taken: nil, level: level, levelSince: instant, isFollowed: true, readAt: instant)
    }
    if level != next.level || !next.isFollowed {
      next.level = level
      next.levelSince = instant
    }
    if !next.isFollowed { next.wholeSince = nil }
    next.isFollowed = true
    next.readAt = instant
    if let taken = next.taken, level >= taken {
      next.wholeSince = next.wholeSince ?? instant
    } else {
      next.wholeSince = nil
    }
    return next
  }

  /// Whether a lower value, read at an instant, is believed: the evidence was read before it and
  /// after it, without a failure between, and both times was either not lower than at the last reading
  /// that was taken, or has stayed at its level for long enough. One look alone would miss targets that
  /// vanish or return between the two queries, and an outage hides those that vanish within it.
  ///
  /// - Parameters:
  ///   - instant: when the value was read.
  ///   - settles: how long a new level has to stay.
  func allowsFall(readAt instant: Instant, settles: Duration, at now: Instant) -> Bool {
    guard isFollowed, readAt >= instant else { return false }
    if let wholeSince, wholeSince <= instant { return true }
    return levelSince <= instant && now >= levelSince.advanced(by: settles)
  }

  /// A value was taken while the evidence was at its present level. Nothing follows from that while the
  /// evidence is not read.
  ///
  /// A lower level counts only once it has settled: the rate over a minute goes on counting targets
  /// that vanished within it, and falls later than their number.
  mutating func take(settles: Duration, at now: Instant) {
    guard isFollowed else { return }
    let hasSettled = now >= levelSince.advanced(by: settles)
    guard let taken, taken > level, !hasSettled else {
      taken = level
      wholeSince = levelSince
      return
    }
  }
}
