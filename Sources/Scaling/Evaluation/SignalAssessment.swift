internal import Time

/// What one signal's reading says at one instant, before it is joined with what the signal asked
/// last.
///
/// Assessing a reading also notes every instant at which what it says could change by itself: a
/// step that enters the window or is passed, and the end of fresh.
struct SignalAssessment {
  var knowledge: Knowledge
  /// A query's latest value.
  var value: Double?
  /// When the data was obtained (a query) or generated (a forecast); nil for a schedule.
  var dataTime: Instant?
  /// When it was read; nil for a schedule, which is read at every decision.
  var readAt: Instant?
  /// Why the signal is not fresh, one sentence to follow a colon; nil when it is.
  var problem: String?
  /// Since when its source has failed; nil when that is not known.
  var failingSince: Instant?
  @Rare var evidence: EvidenceMemory? = nil
  /// Of a built-in forecast that is fresh.
  var account: Shared<ForecastAccount>?
  /// Whether a built-in forecast is silent only until its history has been read.
  var isBeingLearnt = false

  enum Knowledge {
    /// Read, whole and believed.
    case fresh(Demand)
    /// The source answered in part: the demand is at least this, and may be anything above it.
    case atLeast(Int)
    /// The source answers that it knows nothing of the signal.
    case silent
    /// Not to be had. What was read before still says the demand, or nil for nothing.
    case lost(Demand?)
  }

  /// What to say of a signal that was never read.
  static func unread(_ reading: Reading?) -> SignalAssessment {
    guard let failure = reading?.failure else {
      return SignalAssessment(knowledge: .lost(nil), problem: "it has not been read yet")
    }
    return SignalAssessment(
      knowledge: failure.kind.isSilence ? .silent : .lost(nil), problem: failure.message,
      failingSince: failure.since, isBeingLearnt: failure.kind == .learning)
  }
}

extension SignalAssessment {
  /// A timetable is always fresh, as long as it is laid out over the whole window; its caller sees
  /// to that.
  init(
    timeline: ScheduleTimeline, own: LeadWindow, overall: LeadWindow, changes: inout NextChange
  ) {
    changes.note(timeline.from)
    // The first window that reaches past the end of the timeline.
    changes.note(overall.entry(of: timeline.to))
    guard timeline.covers(overall) else {
      self.init(
        knowledge: .lost(nil),
        problem: "the schedule is laid out from \(timeline.from.rfc3339) to"
          + " \(timeline.to.rfc3339) only, which does not cover the lead window")
      return
    }
    let next = timeline.stepIndex(at: own.from) + 1
    if next < timeline.steps.count { changes.note(timeline.steps[next].start) }
    if let entering = timeline.firstStart(atOrAfter: own.to, from: next) {
      changes.note(own.entry(of: entering))
    }
    if overall.to != own.to, let entering = timeline.firstStart(atOrAfter: overall.to, from: next) {
      changes.note(overall.entry(of: entering))
    }
    self.init(knowledge: .fresh(.timetable(timeline)))
  }
}

extension Reading.Failure.Kind {
  /// Whether the source answers, and has nothing to say.
  fileprivate var isSilence: Bool {
    switch self {
    case .silent, .learning: true
    case .lost, .invalid, .outside, .partial: false
    }
  }
}
