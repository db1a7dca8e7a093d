/// Who may ask one source next: a few at a time. Those who know their history and want its newest
/// bucket come first; of the others, one learns all of its past before the next one begins, so that
/// forecasts come one after the other and not all at the end. Pure.
struct HistoryLine {
  private var inFlight = 0
  private var recent = WaitingLine<Int>()
  private var learning = WaitingLine<Int>()
  /// Those that have begun to learn.
  private var begun: [Int] = []

  /// Requests at once.
  static let limit = 4

  /// - Parameters:
  ///   - track: by number.
  ///   - isLearning: whether it is far from the present, and `hasBegun` whether it has learnt a
  ///     piece already.
  mutating func wait(_ track: Int, isLearning: Bool, hasBegun: Bool) {
    if !isLearning {
      recent.append(track)
    } else if hasBegun {
      begun.append(track)
    } else {
      learning.append(track)
    }
  }

  /// The next that may ask, if there is room.
  mutating func admit() -> Int? {
    guard inFlight < Self.limit,
      let track = recent.popFirst() ?? begun.popLast() ?? learning.popFirst()
    else { return nil }
    inFlight += 1
    return track
  }

  mutating func left() {
    inFlight = max(inFlight - 1, 0)
  }
}
