internal import Scaling
internal import Telemetry
internal import Time

/// Writes one line for each changed decision, and keeps a mass change from drowning the log.
struct DecisionLog {
  /// More lines than this for one cause (a reload, a source that comes back) tell a reader nothing.
  static let linesPerPass = 1000

  private var written = 0
  private var leftOut = 0

  mutating func record(
    _ decision: Decision, previous: Decision?, at now: Instant,
    to logger: Logger
  ) {
    // How much of a history has been read is on the page; here it would be a line for each day.
    if decision.isLearningAlone, previous?.isLearningAlone == true { return }
    guard written < Self.linesPerPass else {
      leftOut += 1
      return
    }
    written += 1
    var fields: LogFields = ["policy": .describing(decision.policy)]
    fields.append("desired", decision.replicas.map { .int($0) })
    fields.append("before", previous?.replicas.map { .int($0) })
    fields.append("why", .string(decision.explanation(at: now)))
    logger.log(decision.replicas == nil ? .warning : .info, "decision changed", fields)
  }

  /// The cause has been dealt with; the next one starts counting again.
  mutating func endPass(_ logger: Logger) {
    if leftOut > 0 {
      logger.log(
        .info, "more decisions changed at once than are logged one by one",
        ["left_out": .int(leftOut)])
    }
    written = 0
    leftOut = 0
  }
}

extension Decision {
  /// Whether there is no answer for one reason alone: a history is still being read.
  fileprivate var isLearningAlone: Bool {
    replicas == nil && contributions.contains(where: \.isBeingLearnt)
      && contributions.allSatisfy { $0.isBeingLearnt || $0.problem == nil }
  }
}
