internal import Time

/// What the rules of schedules do to the whole answer at every instant of the lead window, as a step
/// function: the highest of their factors, and then the lowest of their caps.
struct RuleProfile {
  struct Piece {
    let from: Instant
    let to: Instant
    /// The factor on what is asked for; nil while none is in force.
    var increase: RelativeReplicas?
    var increaseSource: RuleIndex?
    /// `Int.max` while no cap is in force.
    var cap = Int.max
    var capSource: RuleIndex?

    /// A demand times the factor.
    func raised(_ replicas: Int) -> Int {
      increase?.applied(to: replicas) ?? replicas
    }
  }

  /// In order, without a gap, over the whole window; never empty.
  let pieces: [Piece]

  /// Nil when no factor and no cap is in force at any instant of the window, which is the common case
  /// and costs no memory.
  init?(readings: ArraySlice<SignalReading>, window: LeadWindow) {
    var isNeeded = false
    for reading in readings {
      guard case .schedule(let timeline) = reading, timeline.shapesAnswer else { continue }
      if timeline.covers(window), timeline.shapesAnswer(in: window) { isNeeded = true }
    }
    guard isNeeded else { return nil }

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

  /// The piece with the loosest cap: what bounds a number that no factor applies to.
  var loosest: Piece {
    var loosest = pieces[0]
    for piece in pieces where piece.cap > loosest.cap { loosest = piece }
    return loosest
  }

  /// The piece of an instant of the window.
  func piece(at instant: Instant) -> Piece {
    pieces.last { $0.from <= instant } ?? pieces[0]
  }

  /// Where a demand is highest over [from, to), a part of the window: after factors and caps, and
  /// after factors alone.
  func peaks(
    of demand: Demand, from: Instant, to: Instant
  ) -> (answer: ShapedPeak, uncapped: ShapedPeak)? {
    var answer: ShapedPeak?
    var uncapped: ShapedPeak?
    for piece in pieces {
      guard let peak = demand.peak(from: max(from, piece.from), to: min(to, piece.to)) else {
        continue
      }
      let candidate = ShapedPeak(peak, in: piece)
      if candidate.replicas > answer?.replicas ?? -1 { answer = candidate }
      if candidate.raised > uncapped?.raised ?? -1 { uncapped = candidate }
    }
    guard let answer, let uncapped else { return nil }
    return (answer, uncapped)
  }

  private static func piece(
    from: Instant, to: Instant, readings: ArraySlice<SignalReading>, window: LeadWindow
  ) -> Piece {
    var piece = Piece(from: from, to: to)
    for (index, reading) in zip(readings.indices, readings) {
      guard let timeline = timeline(of: reading, covering: window) else { continue }
      let step = timeline.steps[timeline.stepIndex(at: from)]
      if let bound = step.cap, bound < piece.cap {
        piece.cap = bound
        piece.capSource = step.capRule.map { RuleIndex(signal: index, rule: $0) }
      }
      if let increase = step.increase, piece.increase.map({ increase.by > $0 }) ?? true {
        piece.increase = increase.by
        piece.increaseSource = RuleIndex(signal: index, rule: increase.rule)
      }
    }
    return piece
  }

  private static func timeline(
    of reading: SignalReading, covering window: LeadWindow
  ) -> ScheduleTimeline? {
    guard case .schedule(let timeline) = reading, timeline.covers(window) else { return nil }
    return timeline
  }
}

/// A rule of a policy.
struct RuleIndex {
  let signal: Int
  let rule: Int
}

/// The highest demand of a signal after factors and caps.
struct ShapedPeak {
  var replicas: Int
  /// After the factor, before the cap.
  var raised: Int
  /// What the signal asks for at that instant.
  var asked: Int
  var at: Instant
  /// The factor and the cap that are in force at that instant; nil for none.
  var increase: RuleIndex?
  var cap: RuleIndex?

  /// Where no rule shapes the answer.
  init(_ peak: Demand.Peak) {
    replicas = peak.replicas
    raised = peak.replicas
    asked = peak.replicas
    at = peak.at
  }

  init(_ peak: Demand.Peak, in piece: RuleProfile.Piece) {
    self.init(peak)
    raised = piece.raised(peak.replicas)
    replicas = min(raised, piece.cap)
    increase = raised > asked ? piece.increaseSource : nil
    cap = piece.capSource
  }
}

extension ScheduleTimeline {
  /// Whether every instant of the window is laid out.
  func covers(_ window: LeadWindow) -> Bool {
    from <= window.from && window.to <= to && !steps.isEmpty
  }

  fileprivate func shapesAnswer(in window: LeadWindow) -> Bool {
    var index = stepIndex(at: window.from)
    while index < steps.count, steps[index].start < window.to {
      if steps[index].shapesAnswer { return true }
      index += 1
    }
    return false
  }
}
