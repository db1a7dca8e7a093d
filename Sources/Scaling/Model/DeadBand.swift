/// The replica counts at which the Horizontal Pod Autoscaler leaves a workload alone although the
/// answer is another number: it ignores differences of up to 10 %.
///
/// With a target of 1 and the type `AverageValue` it compares `answer / current` with 1.
package struct DeadBand: Hashable, Sendable {
  /// The answer that is compared with.
  package let answer: Int
  /// All of these count as the answer; the answer is one of them.
  package let tolerated: ClosedRange<Int>

  /// The default of `--horizontal-pod-autoscaler-tolerance`.
  package static let tolerance = 0.1

  /// Nil where only the answer itself counts as the answer.
  package init?(answer: Int) {
    guard answer > 0, answer <= Int(Int32.max) else { return nil }
    // Near the exact bounds, which rounding can move by one.
    var lowest = max(1, Int(Double(answer) / (1 + Self.tolerance)) - 1)
    while !Self.tolerates(lowest, for: answer) { lowest += 1 }
    var highest = Int(Double(answer) / (1 - Self.tolerance)) + 1
    while !Self.tolerates(highest, for: answer) { highest -= 1 }
    guard lowest < highest else { return nil }
    self.answer = answer
    tolerated = lowest...highest
  }

  /// In the doubles that the autoscaler calculates with: 11 / 10 is just above 1.1.
  private static func tolerates(_ current: Int, for answer: Int) -> Bool {
    abs(1 - Double(answer) / Double(current)) <= tolerance
  }
}
