/// The upper bound on the whole answer at every instant of the lead window: the lowest cap of all
/// schedule signals, as a step function.
struct CapProfile {
  struct Piece {
    let from: Instant
    let to: Instant
    /// `Int.max` while no cap is in force.
    let cap: Int
    /// Where the cap comes from, as indices; nil while none is in force.
    let source: (signal: Int, rule: Int)?
  }

  /// In order, without a gap, over the whole window; never empty.
  let pieces: [Piece]

  /// Nil when no cap is in force at any instant of the window, which is the common case and costs
  /// no memory.
  init?(readings: ArraySlice<SignalReading>, window: LeadWindow) {
    var hasCaps = false
    for reading in readings {
      guard case .schedule(let timeline) = reading, timeline.hasCaps else { continue }
      if timeline.covers(window), timeline.caps(in: window) { hasCaps = true }
    }
    guard hasCaps else { return nil }

    var starts = [window.from]
    for reading in readings {
      guard let timeline = Self.timeline(of: reading, covering: window) else { continue }
      var index = timeline.stepIndex(at: window.from) + 1
      while index < timeline.steps.count, timeline.steps[index].start < window.to {
        starts.append(timeline.steps[index].start)
        index += 1
      }
    }
    starts.sort()

    var pieces: [Piece] = []
    for (index, start) in starts.enumerated() {
      let end = index + 1 < starts.count ? starts[index + 1] : window.to
      guard start < end else { continue }
      pieces.append(Self.piece(from: start, to: end, readings: readings, window: window))
    }
    // At the very end of time the window is empty.
    guard !pieces.isEmpty else { return nil }
    self.pieces = pieces
  }

  /// The loosest piece: what bounds a demand that is the same all the time.
  var loosest: Piece {
    var loosest = pieces[0]
    for piece in pieces where piece.cap > loosest.cap { loosest = piece }
    return loosest
  }

  /// The piece that bounds an instant of the window.
  func piece(at instant: Instant) -> Piece {
    pieces.last { $0.from <= instant } ?? pieces[0]
  }

  /// The highest demand that the caps leave over [from, to), a part of the window.
  func boundedPeak(of demand: Demand, from: Instant, to: Instant) -> BoundedPeak? {
    var best: BoundedPeak?
    for piece in pieces {
      guard let peak = demand.peak(from: max(from, piece.from), to: min(to, piece.to)) else {
        continue
      }
      let candidate = BoundedPeak(
        replicas: min(peak.replicas, piece.cap), unbounded: peak.replicas, cap: piece.source)
      if let found = best, candidate.replicas <= found.replicas { continue }
      best = candidate
    }
    return best
  }

  private static func piece(
    from: Instant, to: Instant, readings: ArraySlice<SignalReading>, window: LeadWindow
  ) -> Piece {
    var cap = Int.max
    var source: (signal: Int, rule: Int)?
    for (index, reading) in zip(readings.indices, readings) {
      guard let timeline = timeline(of: reading, covering: window) else { continue }
      let step = timeline.steps[timeline.stepIndex(at: from)]
      if let bound = step.cap, bound < cap {
        cap = bound
        source = step.capRule.map { (index, $0) }
      }
    }
    return Piece(from: from, to: to, cap: cap, source: source)
  }

  private static func timeline(
    of reading: SignalReading, covering window: LeadWindow
  ) -> ScheduleTimeline? {
    guard case .schedule(let timeline) = reading, timeline.covers(window) else { return nil }
    return timeline
  }
}

/// The highest demand of a signal after the caps.
struct BoundedPeak {
  var replicas: Int
  /// What the signal asks for at that instant.
  var unbounded: Int
  /// The cap that is in force at that instant, as indices of signal and rule.
  var cap: (signal: Int, rule: Int)?
}

extension ScheduleTimeline {
  /// Whether every instant of the window is laid out.
  func covers(_ window: LeadWindow) -> Bool {
    from <= window.from && window.to <= to && !steps.isEmpty
  }

  fileprivate func caps(in window: LeadWindow) -> Bool {
    var index = stepIndex(at: window.from)
    while index < steps.count, steps[index].start < window.to {
      if steps[index].cap != nil { return true }
      index += 1
    }
    return false
  }
}
