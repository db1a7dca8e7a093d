internal import Scaling
internal import Time

/// How far the history of one query is known, and what is asked for next: oldest first, a day at
/// once, later one bucket after the other. Pure.
///
/// A piece that fails is asked for three times. Whether its buckets are missing then, or the source
/// is lost, tells the newest bucket: if the source has that, the piece is given up; if not, nothing
/// is learnt and nothing is forecast until it is back, and then the gap is fetched first.
struct HistoryTrack {
  let query: HistoryQuery
  /// The first bucket that is not known yet.
  private(set) var next: Int
  /// Where the present began when the track did: before it, it is learning.
  let goal: Int
  /// Where it began.
  let start: Int
  private var state = State.idle
  /// Attempts at the piece that begins at `next`, all in vain.
  private var attempts = 0
  /// Failed requests in a row, for the back-off.
  private(set) var failures = 0

  private enum State: Hashable {
    case idle
    case fetching(Range<Int>)
    /// The newest bucket, to see whether the source is there.
    case looking(Range<Int>, missing: Range<Int>)
  }

  /// How often a piece is asked for.
  static let attemptsOfPiece = 3

  enum OnAnswer: Hashable {
    /// These are the values of the buckets from `next` on.
    case learn([Double?])
    /// Ask again after a while.
    case wait
  }

  init(_ query: HistoryQuery, next: Int, now: Instant) {
    self.query = query
    self.next = next
    start = next
    goal = query.end(at: now)
  }

  /// Whether it has not caught up with the present yet.
  var isLearning: Bool { next < goal }

  var isFetching: Bool { state != .idle }

  /// Whether there is something to ask for.
  func isDue(at now: Instant) -> Bool { state == .idle && next < query.end(at: now) }

  /// When the next bucket is complete.
  var due: Instant { query.completion(of: next) }

  /// A request is sent. Only when it is due.
  ///
  /// - Returns: the buckets to ask for.
  mutating func fetchBegan(at now: Instant) -> Range<Int> {
    let end = query.end(at: now)
    let piece = next..<max(min(next + query.day, end), next + 1)
    guard attempts >= Self.attemptsOfPiece, piece.upperBound < end else {
      state = .fetching(piece)
      return piece
    }
    let newest = (end - 1)..<end
    state = .looking(newest, missing: piece)
    return newest
  }

  mutating func answered(_ answer: HistoryAnswer) -> OnAnswer {
    let order: OnAnswer
    switch (state, answer) {
    case (.idle, _):
      order = .wait
    case (.fetching(let piece), .whole(let values)):
      order = known(piece, values)
    case (.fetching(let piece), .partial):
      attempts += 1
      failures = 0
      order =
        attempts < Self.attemptsOfPiece
        ? .wait : known(piece, Array(repeating: nil, count: piece.count))
    case (.looking(_, let missing), _):
      order = known(missing, Array(repeating: nil, count: missing.count))
    }
    state = .idle
    return order
  }

  private mutating func known(_ piece: Range<Int>, _ values: [Double?]) -> OnAnswer {
    next = piece.upperBound
    attempts = 0
    failures = 0
    return .learn(values)
  }

  mutating func failed() {
    switch state {
    case .idle: return
    case .fetching: attempts += 1
    case .looking: attempts = 0
    }
    failures += 1
    state = .idle
  }

  /// The source was redefined: what is under way does not count.
  mutating func cancelled() {
    state = .idle
    attempts = 0
    failures = 0
  }
}
