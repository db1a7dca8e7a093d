/// How much a forecaster has learnt, as people are shown it (forecast specification, "For the user").
package enum LearningStage: Hashable, Sendable {
  /// Fewer than twelve values: the signal is silent. With how many are still needed.
  case silent(needed: Int)
  /// Less than a day of history.
  case hours(Int)
  /// Less than eight days: it knows no whole week yet.
  case days(Int)
  case settled

  /// How many values a signal needs to take part.
  package static let neededValues = 12

  init(valueCount: Int, history: Duration) {
    let hours = Int(history.components.seconds / 3600)
    self =
      if valueCount < Self.neededValues {
        .silent(needed: Self.neededValues - valueCount)
      } else if hours < 24 {
        .hours(hours)
      } else if hours < 8 * 24 {
        .days(hours / 24)
      } else {
        .settled
      }
  }
}
