/// What one signal's reading is worth at one instant: its state, its demand, and what to say of it.
///
/// Assessing a reading also notes every instant at which its worth could change by itself: a step
/// that enters the window or is passed, and the ends of fresh and of held.
struct SignalAssessment {
  var state: Contribution.State
  /// Nil when unavailable.
  var demand: Demand?
  /// A query's last value, also when it is unavailable by now.
  var value: Double?
  var dataTime: Instant?
  /// Why the signal is not fresh, one sentence to follow a colon; nil when it is.
  var problem: String?

  static func unavailable(
    _ problem: String, value: Double? = nil, dataTime: Instant? = nil
  ) -> SignalAssessment {
    SignalAssessment(state: .unavailable, value: value, dataTime: dataTime, problem: problem)
  }

  /// What to say of a reading that does not exist.
  static func unread(_ reading: Reading?) -> SignalAssessment {
    unavailable(reading?.failure?.message ?? "it has not been read yet")
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
      self = .unavailable(
        "the schedule is laid out from \(timeline.from.rfc3339) to \(timeline.to.rfc3339) only, which does not"
          + " cover the lead window")
      return
    }
    let next = timeline.stepIndex(at: own.from) + 1
    if next < timeline.steps.count { changes.note(timeline.steps[next].start) }
    if let entering = timeline.firstStart(atOrAfter: own.to) {
      changes.note(own.entry(of: entering))
    }
    if overall.to != own.to, let entering = timeline.firstStart(atOrAfter: overall.to) {
      changes.note(overall.entry(of: entering))
    }
    self.init(state: .fresh, demand: .timetable(timeline))
  }
}
