internal import Time

/// Something that is handed out for a while: a token, or a set of keys.
struct Expiring<Value> {
  let value: Value
  /// From then on it is refused.
  private let end: Instant
  /// From then on something new is asked for.
  private let due: Instant

  /// How long before the end.
  private static var lead: Duration { .seconds(60) }
  /// For what is on its way when it ends.
  private static var margin: Duration { .seconds(2) }

  init(_ value: Value, from start: Instant, until end: Instant) {
    self.value = value
    let lifetime = max(start.duration(to: end), .zero)
    self.end = end.advanced(by: .zero - min(Self.margin, lifetime / 4))
    due = end.advanced(by: .zero - min(Self.lead, lifetime / 4))
  }

  func isValid(at now: Instant) -> Bool { now < end }
  func isDue(at now: Instant) -> Bool { now >= due }
}
