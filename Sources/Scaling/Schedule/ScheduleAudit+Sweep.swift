internal import Time

/// Walks over the edges of a schedule's windows and notes where rules meet.
struct AuditSweep {
  private typealias Finding = ScheduleAudit.Finding
  private typealias Moment = ScheduleAudit.Moment
  private typealias Role = ScheduleAudit.Role

  private let schedule: Schedule
  private let now: Instant
  private let zones: ScheduleZones
  private var applying: ApplyingRules
  /// The rules that apply, by priority: only equals can contradict each other.
  private var openRules: [Int: [Int]] = [:]
  private var overlaps: [Pair: Finding] = [:]
  private var conflicts: [Pair: Finding] = [:]
  private var standings: [Standing]

  /// Two rules; the second is -1 for the schedule's default.
  private struct Pair: Hashable {
    let first: Int
    let second: Int
  }

  /// Which rules have won, and what shadowed the others when they first applied.
  private struct Standing {
    let role: ScheduleAudit.Role
    var hasWon: [Bool]
    var shadow: [ScheduleAudit.Finding?]

    init(role: ScheduleAudit.Role, rules: Int) {
      self.role = role
      hasWon = [Bool](repeating: false, count: rules)
      shadow = [ScheduleAudit.Finding?](repeating: nil, count: rules)
    }

    mutating func noteWinner(_ winner: Int?) {
      if let winner { hasWon[winner] = true }
    }

    mutating func noteShadow(over rule: Int, by winner: Int?, at moment: ScheduleAudit.Moment) {
      guard let winner, winner != rule, shadow[rule] == nil else { return }
      shadow[rule] = .neverWins(rule: rule, role: role, shadowedBy: winner, at: moment)
    }

    var neverWon: [ScheduleAudit.Finding] {
      zip(hasWon, shadow).compactMap { $0 ? nil : $1 }
    }
  }

  private struct Edge {
    let at: Instant
    let opens: Bool
    let window: RuleWindow
  }

  init(schedule: Schedule, now: Instant, zones: ScheduleZones) {
    self.schedule = schedule
    self.now = now
    self.zones = zones
    applying = ApplyingRules(rules: schedule.rules)
    standings = Role.allCases.map { Standing(role: $0, rules: schedule.rules.count) }
  }

  /// In no order.
  mutating func findings(of windows: [RuleWindow]) -> [ScheduleAudit.Finding] {
    let edges = sortedEdges(of: windows)
    var next = 0
    while next < edges.count {
      let at = edges[next].at
      let group = edges[next...].prefix { $0.at == at }
      next = group.endIndex
      for edge in group { apply(edge) }
      // What held before now alone is no one's concern any more.
      guard next == edges.count || edges[next].at > now else { continue }
      for edge in group where edge.opens { noteOpened(edge) }
      noteStanding(after: group)
    }
    return Array(overlaps.values) + Array(conflicts.values) + standings.flatMap(\.neverWon)
  }

  /// Closings before openings, so that windows that touch do not meet; then by rule, so that the
  /// findings do not depend on the order of a set.
  private func sortedEdges(of windows: [RuleWindow]) -> [Edge] {
    var edges: [Edge] = []
    edges.reserveCapacity(windows.count * 2)
    for window in windows {
      edges.append(Edge(at: window.opens, opens: true, window: window))
      edges.append(Edge(at: window.closes, opens: false, window: window))
    }
    return edges.sorted { left, right in
      if left.at != right.at { return left.at < right.at }
      if left.opens != right.opens { return right.opens }
      return left.window.rule < right.window.rule
    }
  }

  private mutating func apply(_ edge: Edge) {
    let rule = edge.window.rule
    if edge.opens {
      applying.windowOpened(of: rule)
      noteOverlaps(of: edge)
      openRules[schedule.rules[rule].priority, default: []].append(rule)
    } else {
      applying.windowClosed(of: rule)
      if let index = openRules[schedule.rules[rule].priority]?.firstIndex(of: rule) {
        openRules[schedule.rules[rule].priority]?.remove(at: index)
      }
    }
  }

  private mutating func noteOverlaps(of edge: Edge) {
    let rules = schedule.rules
    let opened = edge.window.rule
    for other in openRules[rules[opened].priority] ?? [] where other != opened {
      guard overlaps.count < ScheduleAudit.maximumOverlaps else { return }
      let both = Role.allCases.first {
        rules[other].contributes($0) && rules[opened].contributes($0)
      }
      guard let role = both else { continue }
      let pair = Pair(first: min(other, opened), second: max(other, opened))
      guard overlaps[pair] == nil else { continue }
      overlaps[pair] = .overlap(
        first: pair.first, second: pair.second, role: role, at: moment(of: edge))
    }
  }

  private mutating func noteOpened(_ edge: Edge) {
    let rule = edge.window.rule
    for index in standings.indices
    where schedule.rules[rule].contributes(standings[index].role) {
      standings[index].noteShadow(
        over: rule, by: applying.winner(standings[index].role), at: moment(of: edge))
    }
  }

  private mutating func noteStanding(after group: ArraySlice<Edge>) {
    for index in standings.indices {
      standings[index].noteWinner(applying.winner(standings[index].role))
    }
    guard let cap = applying.cap, let edge = group.last else { return }
    let floor = applying.floor
    let pair = Pair(first: cap, second: floor ?? -1)
    let replicas = floor.flatMap { schedule.rules[$0].replicas } ?? schedule.defaultReplicas
    if let atMost = schedule.rules[cap].atMost, atMost < replicas, conflicts[pair] == nil {
      conflicts[pair] = .capBelowFloor(cap: cap, floor: floor, at: moment(of: edge))
    }
  }

  /// The edge as the clock of its rule shows it.
  private func moment(of edge: Edge) -> Moment {
    let rule = schedule.rules[edge.window.rule]
    // A window that is cut off begins and ends at other times than its rule says.
    guard rule.cron == nil, rule.conditions?.cutsWindows != true else {
      return Moment(
        at: edge.at, in: zones.zone(ofRule: edge.window.rule),
        named: rule.timeZone ?? schedule.timeZone)
    }
    let overMidnight = !edge.opens && rule.end <= rule.start
    return Moment(
      at: edge.at, date: edge.window.date.advanced(byDays: overMidnight ? 1 : 0),
      time: edge.opens ? rule.start : rule.end, timeZone: rule.timeZone ?? schedule.timeZone)
  }
}

extension ApplyingRules {
  fileprivate func winner(_ role: ScheduleAudit.Role) -> Int? {
    switch role {
    case .floor: floor
    case .increase: increase
    case .cap: cap
    }
  }
}
