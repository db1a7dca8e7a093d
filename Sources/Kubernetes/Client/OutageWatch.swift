internal import Time

/// Knows whether the server has been away, by what became of calls. Pure.
///
/// Times are of a monotonic clock.
struct OutageWatch {
  /// When the last answer came; nil before the first.
  private var answeredAt: Duration?
  /// When it was noticed that no call is answered; nil while calls are.
  private var noticedAt: Duration?

  /// A call has got no answer.
  ///
  /// - Parameter duration: How long it has waited. What was answered meanwhile shows that the server was
  ///   there.
  mutating func failed(after duration: Duration, now: Duration) {
    let begun = now - duration
    guard noticedAt == nil, answeredAt.map({ $0 < begun }) ?? true else { return }
    noticedAt = now
  }

  /// A call has been answered, whatever the answer.
  ///
  /// - Returns: when its silence was noticed; nil where there was none.
  mutating func answered(now: Duration) -> Duration? {
    defer { noticedAt = nil }
    answeredAt = now
    return noticedAt
  }
}
