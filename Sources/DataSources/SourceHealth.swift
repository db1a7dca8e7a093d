/// Whether a data source answers, judged by how its fetches end.
///
/// A source is up while any of its feeds is answered: errors of some queries must not make the whole
/// source look broken, whatever they are, nor a glitch of one. So it is failing when no feed was
/// answered at its last attempt, and a few have failed in a row. Any answer ends the trouble, even
/// one that its feed cannot use.
enum SourceHealth: Hashable {
  /// No answer yet.
  case unknown(failures: Int)
  case up(failures: Int)
  case failing

  /// Failures in a row; fewer when the source has fewer feeds.
  static let tolerance = 3
  /// The same while there was no answer yet: all that are asked for first may be bad queries.
  static let toleranceAtFirst = RefreshSource.maximumInFlight

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
  /// - Parameters:
  ///   - feeds: how many the source has.
  ///   - answered: how many of them were answered at their last attempt.
  mutating func failed(feeds: Int, answered: Int) -> OnFailure {
    let next: SourceHealth
    let order: OnFailure
    switch self {
    case .unknown(let failures):
      (next, order) =
        failures + 1 >= min(Self.toleranceAtFirst, max(feeds, 1))
        ? (.failing, .wentDown) : (.unknown(failures: failures + 1), .none)
    case .up(let failures):
      (next, order) =
        answered == 0 && failures + 1 >= min(Self.tolerance, max(feeds, 1))
        ? (.failing, .wentDown) : (.up(failures: failures + 1), .none)
    case .failing:
      (next, order) = (.failing, .none)
    }
    self = next
    return order
  }
}
