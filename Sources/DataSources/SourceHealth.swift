/// Whether a data source answers, judged by how its fetches end.
///
/// One slow query among many must not make the whole source look broken, nor one glitch; so it
/// takes a few failures in a row, with no answer between them. Any answer ends the trouble, even
/// one that is of no use to its feed.
enum SourceHealth: Hashable {
  /// No answer yet.
  case unknown(failures: Int)
  case up(failures: Int)
  case failing

  /// Failures in a row; fewer when the source has fewer feeds.
  static let tolerance = 3

  enum OnAnswer: Hashable {
    case none
    case recovered
  }

  enum OnFailure: Hashable {
    case none
    case wentDown
  }

  mutating func answered() -> OnAnswer {
    let order: OnAnswer
    switch self {
    case .unknown, .up: order = .none
    case .failing: order = .recovered
    }
    self = .up(failures: 0)
    return order
  }

  /// A fetch ended in the source's own trouble.
  ///
  /// - Parameter feeds: how many the source has.
  mutating func failed(feeds: Int) -> OnFailure {
    let next: SourceHealth
    let order: OnFailure
    switch self {
    case .unknown(let failures):
      (next, order) =
        Self.isTooMany(failures + 1, feeds: feeds)
        ? (.failing, .wentDown) : (.unknown(failures: failures + 1), .none)
    case .up(let failures):
      (next, order) =
        Self.isTooMany(failures + 1, feeds: feeds)
        ? (.failing, .wentDown) : (.up(failures: failures + 1), .none)
    case .failing:
      (next, order) = (.failing, .none)
    }
    self = next
    return order
  }

  private static func isTooMany(_ failures: Int, feeds: Int) -> Bool {
    failures >= min(tolerance, max(feeds, 1))
  }
}
