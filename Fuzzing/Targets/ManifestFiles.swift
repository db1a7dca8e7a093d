internal import Manifests
internal import Scaling
internal import Time

extension FuzzTarget {
  /// A manifest of any kind, as YAML or JSON: read by the store, and decided on.
  static let manifests = FuzzTarget("manifests", maxLength: 4096) { _ in
    let zones = FewZones()
    // Friday 2026-11-20.
    let now = Instant(milliseconds: 1_795_176_000_000)
    return { bytes throws(Broken) in
      var store = ManifestStore(
        defaults: PolicyDefaults(triggerServers: .any), zones: zones, auditBudget: 1000)
      let file = FileContents(path: "a.yaml", content: .bytes(bytes))
      let directory = DirectoryContents(path: "/policies", listing: .files([file]))
      let update = store.update([directory], now: now)
      try requireSound(update.diagnostics)
      if update.diagnostics.contains(where: { $0.severity == .error }) {
        try require(
          update.catalog.policies.isEmpty && update.catalog.dataSources.isEmpty,
          "a file with an error is used")
      }
      try require(!store.update([directory], now: now).hasChanged, "the same file is a change")
      for policy in update.catalog.policies.values {
        try requireNoFallWithoutData(policy.value, zones: zones, at: now)
      }
    }
  }

  private static func requireSound(_ diagnostics: [Diagnostic]) throws(Broken) {
    for diagnostic in diagnostics { try requireSentence(diagnostic.description, limit: 10_000) }
    let places = diagnostics.map { $0.position ?? .start }
    try require(
      places.allSatisfy { $0.line >= 1 && $0.column >= 1 }, "an error is outside of the file")
    try require(places == places.sorted(), "the errors are not in order")
  }

  /// Missing data never scales down: after 9 replicas, with nothing known but the schedule, the
  /// answer is no number, or one that nothing but a limit or a cap brought below 9.
  private static func requireNoFallWithoutData(
    _ policy: Policy, zones: FewZones, at now: Instant
  ) throws(Broken) {
    let last = 9
    var allowed = min(last, policy.limits.maxReplicas ?? .max)
    var readings: [SignalReading] = []
    var isMissing = false
    for signal in policy.signals {
      switch signal.kind {
      case .schedule(let schedule):
        allowed = min(allowed, schedule.rules.compactMap(\.atMost).min() ?? .max)
        guard
          let timeline = try? schedule.timeline(
            from: now, to: now.advanced(by: policy.leadWindow + .milliseconds(1)), zones: zones)
        else { throw Broken("a schedule of a good manifest cannot be laid out") }
        readings.append(.schedule(timeline))
      case .forecast:
        isMissing = true
        readings.append(.forecast(nil))
      case .prometheus:
        isMissing = true
        readings.append(.prometheus(nil, uptime: nil))
      }
    }
    let asked = policy.signals.map { _ in SignalMemory(replicas: last, readAt: now) }
    let decision = Evaluator.decide(
      policy, readings: readings, memory: Decision.Memory(signals: asked), at: now)
    try require(decision.validUntil > now, "a decision is over before it is made")
    try requireSentence(decision.explanation(at: now), limit: 20_000)
    let isHeld = policy.signals.allSatisfy { ($0.hold ?? policy.hold) == .forever }
    guard isMissing, isHeld, let replicas = decision.replicas else { return }
    try require(replicas >= allowed, "without data \(last) replicas fell to \(replicas)")
  }
}
