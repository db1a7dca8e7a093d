package import Time

/// A schedule laid out over an interval: the floor, the factor and the cap that are in force, as a
/// step function of time.
package struct ScheduleTimeline: Hashable, Sendable {
  /// The interval [from, to) that the steps cover without a gap.
  package var from: Instant { layout.value.from }
  package var to: Instant { layout.value.to }
  /// Sorted by start; the first starts at `from`; neighbours differ.
  package var steps: [Step] { layout.value.steps }
  /// Whether a factor or a cap is in force anywhere; most schedules have none, and need not be
  /// searched for one.
  var shapesAnswer: Bool { layout.value.shapesAnswer }

  /// Policies that are made from one template share it.
  private let layout: Shared<Layout>

  private struct Layout: Hashable, Sendable {
    let from: Instant
    let to: Instant
    let steps: [Step]
    let shapesAnswer: Bool
  }

  package struct Step: Hashable, Sendable {
    package var start: Instant
    /// The schedule's demand: the winning rule's replicas, or the default.
    package var replicas: Int
    /// The rule that sets `replicas`, as an index into the schedule's rules; nil for the default.
    package var rule: Int?
    /// The cap on the whole answer, and the rule that sets it; nil for none.
    package var cap: Int?
    package var capRule: Int?
    /// The factor on what everything else asks for; nil for none.
    @Rare package var increase: Increase?

    /// A rule with relative replicas, as an index.
    package struct Increase: Hashable, Sendable {
      package let by: RelativeReplicas
      package let rule: Int

      package init(by: RelativeReplicas, rule: Int) {
        self.by = by
        self.rule = rule
      }
    }

    /// Whether it changes what other signals ask for.
    var shapesAnswer: Bool { cap != nil || increase != nil }

    package init(
      start: Instant, replicas: Int, rule: Int?, cap: Int?, capRule: Int?,
      increase: Increase? = nil
    ) {
      self.start = start
      self.replicas = replicas
      self.rule = rule
      self.cap = cap
      self.capRule = capRule
      _increase = Rare(wrappedValue: increase)
    }
  }

  package init(from: Instant, to: Instant, steps: [Step]) {
    layout = Shared(
      Layout(
        from: from, to: to, steps: steps, shapesAnswer: steps.contains(where: \.shapesAnswer)))
  }
}
