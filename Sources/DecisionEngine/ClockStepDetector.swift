internal import Scaling
internal import Time

/// Notices that the wall clock was set, by comparing it with the monotonic clock. Pure.
struct ClockStepDetector {
  /// The monotonic clock less the wall clock, as of the last look.
  private var offset: Duration?

  /// A clock that is slewed drifts less than that between two looks.
  static let smallestStep = Duration.seconds(2)

  /// - Returns: by how much the wall clock was set since the last look, negative for back; nil if it
  ///   was not, and for the first look.
  mutating func step(monotonic: Duration, wall: Instant) -> Duration? {
    let offset = monotonic - Instant(milliseconds: 0).duration(to: wall)
    defer { self.offset = offset }
    guard let previous = self.offset else { return nil }
    let step = previous - offset
    return step > Self.smallestStep || step < .zero - Self.smallestStep ? step : nil
  }
}
