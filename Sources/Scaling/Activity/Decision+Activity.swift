package import Time

extension Decision {
  /// When and why the workload was last active, as far as is known.
  package struct Activity: Hashable, Sendable {
    /// The end of the last activity that was seen; while it lasts, when it was last looked at.
    package var last: Instant
    package var cause: Cause
    /// Whether it was active, or not known to be idle, when it was last looked at. The activity then
    /// ends no earlier than the next look.
    package var isOngoing: Bool

    package enum Cause: UInt8, Hashable, Sendable, CaseIterable {
      /// It is quiet, or not known to be, and whether it was idle before is not known.
      case firstSeen
      /// A signal asked for replicas.
      case active
      case wakeUp
      /// It is outside of its enabled period.
      case outsidePeriod
    }

    package init(last: Instant, cause: Cause, isOngoing: Bool = false) {
      self.last = last
      self.cause = cause
      self.isOngoing = isOngoing
    }
  }

  /// Whether a workload is active, by the decision that says so.
  package enum ActivityState: Hashable, Sendable {
    /// It is new, or Headstart is, and nothing asked for it. KEDA hears that it is inactive; direct
    /// mode leaves it as it is, up or down, until then; nil while that is not known.
    case observed(until: Instant?)
    /// A signal asks for it, or it is not idle yet; nil while it is not known when it will be.
    case active(cause: Activity.Cause, until: Instant?)
    case idle
  }

  /// Whether the workload is active, for a policy with rules of activity or one that was woken; nil
  /// for any other.
  package func activityState(of policy: Policy) -> ActivityState? {
    guard let activity = memory.activity else { return nil }
    let until = activity.last.advanced(by: policy.wakingTime)
    guard activity.isOngoing || at < until else { return .idle }
    let end = activity.isOngoing ? nil : until
    return activity.cause == .firstSeen
      ? .observed(until: end) : .active(cause: activity.cause, until: end)
  }
}

extension Decision.Memory {
  /// Somebody asked for the workload at an instant: it counts as active then.
  package mutating func wokenUp(at instant: Instant) {
    let isOngoing = activity?.isOngoing ?? false
    let last = activity.map { $0.cause == .firstSeen ? instant : max($0.last, instant) } ?? instant
    activity = Decision.Activity(last: last, cause: .wakeUp, isOngoing: isOngoing)
  }

  /// The wall clock was set by that much: what is remembered keeps its age.
  package mutating func wallClockStepped(by step: Duration) {
    for index in signals.indices { signals[index]?.wallClockStepped(by: step) }
    activity?.last.advance(by: step)
  }
}
