internal import Scaling
package import Time

/// A number as a step function of time; nil where it is not known.
package struct StepSeries: Hashable, Sendable {
  package struct Step: Hashable, Sendable {
    package let start: Instant
    package let value: Double?

    package init(start: Instant, value: Double?) {
      self.start = start
      self.value = value
    }
  }

  /// Sorted by start; neighbours differ.
  package private(set) var steps: [Step] = []

  package init() {}

  package init(_ steps: [Step]) {
    for step in steps { append(step.value, at: step.start) }
  }

  /// The value from `start` on, which is not before the start of the last step; an equal
  /// value adds nothing, and of two values at one instant the later stands.
  package mutating func append(_ value: Double?, at start: Instant) {
    if let last = steps.last, last.start >= start { steps.removeLast() }
    if let last = steps.last, last.value == value { return }
    steps.append(Step(start: start, value: value))
  }

  /// The same, so much later.
  package func delayed(by delay: Duration) -> StepSeries {
    guard delay > .zero else { return self }
    return StepSeries(
      steps.map { Step(start: $0.start.advanced(by: delay), value: $0.value) })
  }

  /// Nil before the first step.
  package func value(at instant: Instant) -> Double? {
    index(at: instant).flatMap { steps[$0].value }
  }

  /// The start of the first step after an instant; nil for none.
  package func nextStart(after instant: Instant) -> Instant? {
    let next = index(at: instant).map { $0 + 1 } ?? 0
    return next < steps.count ? steps[next].start : nil
  }

  /// The highest known value of [from, to); nil when none is known.
  package func maximum(from: Instant, to: Instant) -> Double? {
    var index = index(at: from) ?? 0
    var highest: Double?
    while index < steps.count, steps[index].start < to {
      if let value = steps[index].value { highest = max(highest ?? value, value) }
      index += 1
    }
    return highest
  }

  /// The highest known value of all; 0 when there is none.
  package var maximum: Double {
    steps.reduce(0) { max($0, $1.value ?? 0) }
  }

  /// The last step that starts at or before an instant.
  private func index(at instant: Instant) -> Int? {
    var low = 0
    var high = steps.count
    // Invariant: steps below `low` start at or before the instant, those from `high` on after it.
    while low < high {
      let middle = low + (high - low) / 2
      if steps[middle].start <= instant { low = middle + 1 } else { high = middle }
    }
    return low > 0 ? low - 1 : nil
  }
}
