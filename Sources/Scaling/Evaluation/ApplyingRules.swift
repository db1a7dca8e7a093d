/// The rules that apply at one moment of a sweep over time, and which of them win.
///
/// Floors, factors and caps are chosen separately, each by the highest priority and then by the earlier
/// rule (design section 1).
struct ApplyingRules {
  /// Rule indices, the strongest first, and the way back.
  private let ruleAtRank: [Int]
  private let rankOfRule: [Int]
  /// Open windows by rank; a rule can have two where a day is repeated.
  private var openWindows: [Int]
  private var floors: RankSet
  private var increases: RankSet
  private var caps: RankSet
  private let hasFloor: [Bool]
  private let hasIncrease: [Bool]
  private let hasCap: [Bool]

  init(rules: [ScheduleRule]) {
    ruleAtRank = rules.indices.sorted {
      (rules[$1].priority, $0) < (rules[$0].priority, $1)
    }
    var ranks = [Int](repeating: 0, count: rules.count)
    for (rank, rule) in ruleAtRank.enumerated() { ranks[rule] = rank }
    rankOfRule = ranks
    openWindows = [Int](repeating: 0, count: rules.count)
    floors = RankSet(count: rules.count)
    increases = RankSet(count: rules.count)
    caps = RankSet(count: rules.count)
    hasFloor = rules.map { $0.replicas != nil }
    hasIncrease = rules.map { $0.increase != nil }
    hasCap = rules.map { $0.atMost != nil }
  }

  /// The rule whose `replicas` are in force; nil for the schedule's default.
  var floor: Int? { floors.first.map { ruleAtRank[$0] } }

  /// The rule whose relative replicas are in force; nil for none.
  var increase: Int? { increases.first.map { ruleAtRank[$0] } }

  /// The rule whose `atMost` is in force; nil for no cap.
  var cap: Int? { caps.first.map { ruleAtRank[$0] } }

  mutating func windowOpened(of rule: Int) {
    let rank = rankOfRule[rule]
    openWindows[rank] += 1
    guard openWindows[rank] == 1 else { return }
    if hasFloor[rule] { floors.insert(rank) }
    if hasIncrease[rule] { increases.insert(rank) }
    if hasCap[rule] { caps.insert(rank) }
  }

  mutating func windowClosed(of rule: Int) {
    let rank = rankOfRule[rule]
    openWindows[rank] -= 1
    guard openWindows[rank] == 0 else { return }
    floors.remove(rank)
    increases.remove(rank)
    caps.remove(rank)
  }

  func applies(_ rule: Int) -> Bool {
    openWindows[rankOfRule[rule]] > 0
  }
}

/// A set of small numbers that finds its least member without walking the others.
private struct RankSet {
  private var words: [UInt64]

  init(count: Int) {
    words = [UInt64](repeating: 0, count: (count + 63) / 64)
  }

  mutating func insert(_ rank: Int) {
    words[rank / 64] |= 1 << UInt64(rank % 64)
  }

  mutating func remove(_ rank: Int) {
    words[rank / 64] &= ~(1 << UInt64(rank % 64))
  }

  var first: Int? {
    for (index, word) in words.enumerated() where word != 0 {
      return index * 64 + word.trailingZeroBitCount
    }
    return nil
  }
}
