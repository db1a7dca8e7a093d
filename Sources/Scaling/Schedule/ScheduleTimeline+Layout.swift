package import Time

extension Schedule {
  /// Lays the schedule out over [from, to): who sets the floor, the factor and the cap, and when.
  ///
  /// Costs a few look-ups per rule and matching day of the interval, however many years of dates
  /// the rules name; a rule with dates alone looks at its dates. The evaluator wants the interval
  /// to cover now and the policy's `leadWindow`. An interval that ends before it begins counts as
  /// its first instant alone.
  ///
  /// - Throws: `UnknownTimeZone`, which validation has excluded for every policy in force. There
  ///   is no zone to fall back to: any other would start capacity at the wrong hour in silence.
  package func timeline(
    from: Instant, to: Instant, zones database: any TimeZoneDatabase
  ) throws(UnknownTimeZone) -> ScheduleTimeline {
    let to = max(to, from.advanced(by: .milliseconds(1)))
    let zones = try ScheduleZones(of: self, in: database)
    var edges = windowEdges(from: from, to: to, in: zones)
    edges.sort { $0.at < $1.at }
    return ScheduleTimeline(from: from, to: to, steps: steps(from: from, along: edges))
  }

  /// A window opens or closes.
  private struct Edge {
    let at: Instant
    let rule: Int
    let opens: Bool
  }

  /// The edges inside the interval; a window that is open at its beginning opens there.
  private func windowEdges(from: Instant, to: Instant, in zones: ScheduleZones) -> [Edge] {
    let days = zones.days(from: from, to: to)
    var edges: [Edge] = []
    for (index, rule) in rules.enumerated() {
      let zone = zones.zone(ofRule: index)
      let windows = rule.windows(
        from: from, to: to, days: days[zones.indexOfRule[index]], in: zone, repeatedEnd: .last)
      for window in windows where window.opens < to && window.closes > from {
        edges.append(Edge(at: max(window.opens, from), rule: index, opens: true))
        if window.closes < to { edges.append(Edge(at: window.closes, rule: index, opens: false)) }
      }
    }
    return edges
  }

  /// Sweeps over the sorted edges and notes a step wherever a winner changes.
  private func steps(from: Instant, along edges: [Edge]) -> [ScheduleTimeline.Step] {
    var applying = ApplyingRules(rules: rules)
    var steps = [step(at: from, applying)]
    var next = 0
    while next < edges.count {
      let at = edges[next].at
      while next < edges.count, edges[next].at == at {
        let edge = edges[next]
        if edge.opens {
          applying.windowOpened(of: edge.rule)
        } else {
          applying.windowClosed(of: edge.rule)
        }
        next += 1
      }
      let step = step(at: at, applying)
      if at == from {
        steps = [step]
      } else if let last = steps.last, step.differs(from: last) {
        steps.append(step)
      }
    }
    return steps
  }

  private func step(at start: Instant, _ applying: ApplyingRules) -> ScheduleTimeline.Step {
    let floor = applying.floor
    let cap = applying.cap
    return ScheduleTimeline.Step(
      start: start, replicas: floor.flatMap { rules[$0].replicas } ?? defaultReplicas,
      rule: floor, cap: cap.flatMap { rules[$0].atMost }, capRule: cap,
      increase: applying.increase.flatMap { index in
        rules[index].increase.map { ScheduleTimeline.Step.Increase(by: $0, rule: index) }
      })
  }
}

extension ScheduleTimeline.Step {
  /// Whether another rule decides.
  fileprivate func differs(from other: ScheduleTimeline.Step) -> Bool {
    (rule, capRule, increase?.rule) != (other.rule, other.capRule, other.increase?.rule)
  }
}
