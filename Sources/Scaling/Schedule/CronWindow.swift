package import Time

/// When KEDA's cron trigger is active: while its next end comes before its next start, or with it.
///
/// That is the rule of KEDA's source (`GetMetricsAndActivity` of its cron scaler), with what follows
/// from it: after an end the trigger stays active if another end comes before the next start, and
/// after a start it stays inactive if another start comes before the next end.
package struct CronWindow: Hashable, Sendable {
  package var start: CronSchedule
  package var end: CronSchedule
  /// As they were written, for explanations.
  package var text: Text

  package struct Text: Hashable, Sendable {
    package var start: String
    package var end: String
  }

  /// - Throws: `InvalidCronSchedule` of the field that is none, or of two that are the same.
  package init(start: String, end: String) throws(InvalidCronSchedule) {
    self.start = try CronSchedule(text: start)
    self.end = try CronSchedule(text: end)
    text = Text(start: start, end: end)
    guard self.start != self.end else {
      throw InvalidCronSchedule(
        "start and end are both \"\(end)\", which leaves no time between them")
    }
  }

  /// An instant at which it starts or ends or both, and what holds from there on.
  struct Change {
    let at: Instant
    let isStart: Bool
    let isEnd: Bool
    let isActive: Bool
  }

  /// Whether it is active at an instant, and when it starts or ends next.
  package func state(
    at instant: Instant, in zone: any TimeZoneRules
  ) -> (isActive: Bool, until: Instant) {
    var edges = Edges(of: self, in: zone)
    let next = edges.next(after: instant)
    return (next.isActive, next.at)
  }

  /// The starts and ends after `from`, up to the first one at or after `to`.
  ///
  /// - Parameter limit: no more than that many.
  func changes(
    from: Instant, to: Instant, in zone: any TimeZoneRules, limit: Int = .max
  ) -> [Change] {
    var changes: [Change] = []
    var edges = Edges(of: self, in: zone)
    var next = edges.next(after: from)
    while next.at < .distantFuture, changes.count < limit {
      let following = edges.next(after: next.at)
      changes.append(
        Change(
          at: next.at, isStart: next.isStart, isEnd: next.isEnd, isActive: following.isActive))
      guard next.at < to else { break }
      next = following
    }
    return changes
  }

  /// The spans of [from, to) in which it is active; the last may reach beyond.
  func windows(
    from: Instant, to: Instant, in zone: any TimeZoneRules, limit: Int = .max
  ) -> [(opens: Instant, closes: Instant)] {
    var windows: [(opens: Instant, closes: Instant)] = []
    var opened = state(at: from, in: zone).isActive ? from : nil
    let changes = changes(from: from, to: to, in: zone, limit: limit)
    for change in changes {
      switch (opened, change.isActive) {
      case (nil, true):
        opened = change.at
      case (let opens?, false):
        windows.append((opens, change.at))
        opened = nil
      case (nil, false), (_?, true):
        break
      }
    }
    if let opened {
      windows.append((opened, changes.count < limit ? .distantFuture : changes[limit - 1].at))
    }
    return windows.filter { $0.opens < min(to, $0.closes) }
  }

  /// Its starts and ends, one after the other.
  private struct Edges {
    private var starts: CronStarts
    private var ends: CronStarts

    init(of window: CronWindow, in zone: any TimeZoneRules) {
      starts = CronStarts(of: window.start, in: zone)
      ends = CronStarts(of: window.end, in: zone)
    }

    /// The next start or end, and whether it is active until then.
    mutating func next(
      after instant: Instant
    ) -> (at: Instant, isStart: Bool, isEnd: Bool, isActive: Bool) {
      let start = starts.first(after: instant)
      let end = ends.first(after: instant)
      return (min(start, end), start <= end, end <= start, end <= start)
    }
  }
}
