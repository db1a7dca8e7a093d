internal import Scaling
package import Time

/// A load that was measured: samples in the order of time, and what is between them.
///
/// A sample stands for `step`, the usual distance of two samples. Where the next one is late, it is
/// held for `heldSteps` of them; beyond that, the load is not known until the next sample.
package struct LoadHistory: Hashable, Sendable {
  package struct Sample: Hashable, Sendable {
    package let at: Instant
    /// Finite, 0 or more.
    package let value: Double

    package init(at: Instant, value: Double) {
      self.at = at
      self.value = value
    }
  }

  /// A place where samples are missing.
  package struct Gap: Hashable, Sendable {
    /// The samples before and after it.
    package let from: Instant
    package let to: Instant
    /// How much of it the sample before it does not stand in for.
    package let unknown: Duration
  }

  /// At least two, strictly ascending.
  package let samples: [Sample]
  /// The median distance of two samples.
  package let step: Duration
  package let shape: LoadShape
  /// The load at every instant; nil where it is not known.
  package let series: StepSeries
  package let gaps: [Gap]

  /// A missing sample or two are what scrapes and exports lose; more than that is an outage.
  package static let heldSteps = 3

  package var start: Instant { samples[0].at }
  /// The last sample stands for one step.
  package var end: Instant { samples[samples.count - 1].at.advanced(by: step) }

  /// - Throws: `InvalidHistory` for fewer than two samples, or samples that do not ascend.
  package init(samples: [Sample], shape: LoadShape = .held) throws(InvalidHistory) {
    guard samples.count >= 2 else {
      throw InvalidHistory(
        "a load history needs at least two samples, found \(samples.count)")
    }
    var distances: [Duration] = []
    distances.reserveCapacity(samples.count)
    for (one, next) in zip(samples, samples.dropFirst()) {
      guard one.at < next.at else {
        throw InvalidHistory(
          "the sample at \(next.at.rfc3339) follows one at \(one.at.rfc3339), but samples have to"
            + " ascend")
      }
      distances.append(one.at.duration(to: next.at))
    }
    distances.sort()
    let step = distances[distances.count / 2]

    var series = StepSeries()
    var gaps: [Gap] = []
    let held = step * Self.heldSteps
    for (one, next) in zip(samples, samples.dropFirst()) {
      let distance = one.at.duration(to: next.at)
      if distance > held {
        series.append(one.value, at: one.at)
        series.append(nil, at: one.at.advanced(by: held))
      } else {
        shape.append(from: one, to: next, onto: &series)
      }
      // Scrapes jitter: a distance counts as a gap when a whole sample may be missing.
      guard distance * 2 >= step * 3 else { continue }
      gaps.append(Gap(from: one.at, to: next.at, unknown: max(distance - held, .zero)))
    }
    let last = samples[samples.count - 1]
    series.append(last.value, at: last.at)
    series.append(nil, at: last.at.advanced(by: step))
    self.samples = samples
    self.step = step
    self.shape = shape
    self.series = series
    self.gaps = gaps
  }

  /// `2 gaps, 10m at most; 0s of the load is not known`; nil when nothing is missing.
  package var gapText: String? {
    guard !gaps.isEmpty else { return nil }
    let longest = gaps.map { $0.from.duration(to: $0.to) }.max() ?? .zero
    let unknown = gaps.reduce(Duration.zero) { $0 + $1.unknown }
    let first = gaps[0].from.rfc3339
    return "\(gaps.count) \(gaps.count == 1 ? "gap" : "gaps"), the longest of \(longest.text), the"
      + " first after \(first): the load is held for \(Self.heldSteps) steps of \(step.text), and"
      + " \(unknown.text) beyond that do not count"
  }
}

/// A load history that cannot be used, and why.
package struct InvalidHistory: Error, Hashable, CustomStringConvertible {
  /// One sentence, with the line where there is one.
  package let description: String

  package init(_ description: String) {
    self.description = description
  }
}
