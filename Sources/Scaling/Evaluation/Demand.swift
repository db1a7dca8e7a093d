package import Time

/// What a signal asks for at every instant: a step function of time.
enum Demand {
  /// A live query's value, or a number that is kept, stands for the whole window.
  case constant(Int)
  case timetable(ScheduleTimeline)
  case series(ForecastSeries)

  /// The highest demand of an interval, and the first instant of it at which it is in force.
  struct Peak {
    var replicas: Int
    var at: Instant
    /// A schedule's rule, as an index; nil for its default and for other signals.
    var rule: Int?
  }

  /// A forecast's; nil for others.
  var series: ForecastSeries? {
    switch self {
    case .series(let series): series
    case .constant, .timetable: nil
    }
  }

  /// Nil when the demand knows nothing about any instant of [from, to).
  func peak(from: Instant, to: Instant) -> Peak? {
    guard from < to else { return nil }
    return switch self {
    case .constant(let replicas): Peak(replicas: replicas, at: from)
    case .timetable(let timeline): timeline.peak(from: from, to: to)
    case .series(let series): series.peak(from: from, to: to)
    }
  }
}

extension ScheduleTimeline {
  /// The step that is in force at an instant; the first one before the timeline begins.
  func stepIndex(at instant: Instant) -> Int {
    var low = 0
    var high = steps.count
    // Invariant: steps below `low` start at or before the instant, those from `high` on after it.
    while low < high {
      let middle = low + (high - low) / 2
      if instant < steps[middle].start { high = middle } else { low = middle + 1 }
    }
    return max(low - 1, 0)
  }

  /// The start of the first step from `index` on that begins at or after an instant; nil for none. Walks
  /// there: it is asked for the end of a window from its beginning.
  func firstStart(atOrAfter instant: Instant, from index: Int) -> Instant? {
    steps[index...].first { $0.start >= instant }?.start
  }

  fileprivate func peak(from: Instant, to: Instant) -> Demand.Peak? {
    guard !steps.isEmpty else { return nil }
    var index = stepIndex(at: from)
    var peak = Demand.Peak(replicas: steps[index].replicas, at: from, rule: steps[index].rule)
    index += 1
    while index < steps.count, steps[index].start < to {
      if steps[index].replicas > peak.replicas {
        peak = Demand.Peak(
          replicas: steps[index].replicas, at: steps[index].start, rule: steps[index].rule)
      }
      index += 1
    }
    return peak
  }
}

extension ForecastSeries {
  /// The steps that overlap [from, to), counted from the instant and not from index 0, so that an
  /// ageing snapshot does not shift the look-ahead.
  func indices(from: Instant, to: Instant) -> Range<Int> {
    let step = step.milliseconds
    guard from < to, to > generatedAt, step > 0 else { return 0..<0 }
    let first = elapsed(at: from) / step
    let last = elapsed(at: to.advanced(byMilliseconds: -1)) / step
    guard first < replicas.count else { return 0..<0 }
    return Int(first)..<min(Int(last) + 1, replicas.count)
  }

  /// The instant at which step `index` begins; `replicas.count` gives the end of the series.
  func start(ofStep index: Int) -> Instant {
    let (offset, overflow) = step.milliseconds.multipliedReportingOverflow(by: Int64(index))
    return overflow ? .distantFuture : generatedAt.advanced(byMilliseconds: offset)
  }

  /// Beyond it nothing is known.
  package var end: Instant { start(ofStep: replicas.count) }

  /// Milliseconds since `generatedAt`, 0 before it.
  private func elapsed(at instant: Instant) -> Int64 {
    guard instant > generatedAt else { return 0 }
    let (difference, overflow) = instant.milliseconds.subtractingReportingOverflow(
      generatedAt.milliseconds)
    // Int64.max itself would leave no room for the count of steps.
    return overflow ? .max - 1 : min(difference, .max - 1)
  }

  fileprivate func peak(from: Instant, to: Instant) -> Demand.Peak? {
    let indices = indices(from: from, to: to)
    guard var best = indices.first else { return nil }
    for index in indices.dropFirst() where replicas[index] > replicas[best] { best = index }
    return Demand.Peak(replicas: replicas[best], at: max(from, start(ofStep: best)))
  }
}
