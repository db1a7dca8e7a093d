package import Time

/// The events of a calendar, over all years that it is laid out for: whole days, which begin and end
/// with the local day of whoever looks, and spans of time.
///
/// Made once for each content, and shared by all rules that name the calendar.
package struct CalendarEvents: Hashable, Sendable {
  /// Days since 1970; in order, apart from each other by at least a day.
  package let days: [ClosedRange<Int>]
  /// In order, apart from each other.
  package let spans: [Span]
  /// Of both: comparing and hashing a schedule must not walk over ten thousand events.
  private let digest: Int

  /// [from, to), never empty.
  package struct Span: Hashable, Sendable {
    package let from: Instant
    package let to: Instant

    /// Nil for an empty one.
    package init?(from: Instant, to: Instant) {
      guard from < to else { return nil }
      self.from = from
      self.to = to
    }
  }

  /// In any order; what overlaps or touches becomes one.
  package init(days: [ClosedRange<Int>], spans: [Span]) {
    self.days = Self.joined(days)
    self.spans = Self.joined(spans)
    var hasher = Hasher()
    hasher.combine(self.days)
    hasher.combine(self.spans)
    digest = hasher.finalize()
  }

  package static let none = CalendarEvents(days: [], spans: [])

  package func hash(into hasher: inout Hasher) {
    hasher.combine(digest)
  }

  package static func == (left: CalendarEvents, right: CalendarEvents) -> Bool {
    left.digest == right.digest && left.days == right.days && left.spans == right.spans
  }

  /// When the last one ends; a whole day with the one of UTC. Nil without events.
  package var last: Instant? {
    let dayEnd = days.last.map { Instant(milliseconds: Int64($0.upperBound + 1) * 86_400_000) }
    return [spans.last?.to, dayEnd].compactMap(\.self).max()
  }

  /// Whether a whole day is an event.
  package func contains(_ date: CivilDate) -> Bool {
    let day = date.daysSince1970
    let index = days.boundary { $0.upperBound >= day }
    return index < days.count && days[index].lowerBound <= day
  }

  /// The parts of [opens, closes) in which an event with times takes place.
  func within(
    _ window: (opens: Instant, closes: Instant)
  ) -> [(opens: Instant, closes: Instant)] {
    spans[spans.boundary { $0.to > window.opens }...].prefix { $0.from < window.closes }
      .map { (max($0.from, window.opens), min($0.to, window.closes)) }
  }

  /// The parts of [opens, closes) in which none does.
  func outside(
    _ window: (opens: Instant, closes: Instant)
  ) -> [(opens: Instant, closes: Instant)] {
    var left: [(opens: Instant, closes: Instant)] = []
    var start = window.opens
    for taken in within(window) {
      if start < taken.opens { left.append((start, taken.opens)) }
      start = taken.closes
    }
    if start < window.closes { left.append((start, window.closes)) }
    return left
  }

  private static func joined(_ days: [ClosedRange<Int>]) -> [ClosedRange<Int>] {
    var joined: [ClosedRange<Int>] = []
    for range in days.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = joined.last, range.lowerBound <= last.upperBound + 1 {
        joined[joined.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
      } else {
        joined.append(range)
      }
    }
    return joined
  }

  private static func joined(_ spans: [Span]) -> [Span] {
    var joined: [Span] = []
    for span in spans.sorted(by: { $0.from < $1.from }) {
      if let last = joined.last, span.from <= last.to {
        joined[joined.count - 1] = Span(from: last.from, to: max(last.to, span.to)) ?? last
      } else {
        joined.append(span)
      }
    }
    return joined
  }
}

/// A calendar that a rule names.
package struct CalendarUse: Hashable, Sendable {
  /// As the rule names it.
  package let name: String
  /// Nil while it was never read: no rule and no exception applies by it.
  package var events: Shared<CalendarEvents>?

  package init(name: String, events: Shared<CalendarEvents>? = nil) {
    self.name = name
    self.events = events
  }
}

extension Array {
  /// The first of elements in order that satisfies a condition which all after it satisfy, too; the
  /// end for none.
  fileprivate func boundary(where satisfies: (Element) -> Bool) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = low + (high - low) / 2
      if satisfies(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
