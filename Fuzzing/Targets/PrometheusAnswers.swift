internal import HTTPClient
internal import Scaling
internal import Time

@testable internal import DataSources

extension FuzzTarget {
  /// Prometheus's answers to instant and to range queries, and what is decided on them.
  static let prometheusAnswer = FuzzTarget("prometheus-answer", maxLength: 4096) { _ in
    let endpoint = FuzzedAnswer.endpoint(.prometheus)
    return { bytes throws(Broken) in
      var input = FuzzInput(bytes)
      let response = FuzzedAnswer.response(&input)
      for onEmpty in [EmptyResult.error, .zero] {
        let outcome: PrometheusClient.Outcome
        do throws(FetchFailure) {
          outcome = try PrometheusClient.sample(in: response, onEmpty: onEmpty, from: endpoint)
        } catch {
          try FuzzedAnswer.requireSound(error)
          continue
        }
        switch outcome {
        case .whole(let sample): try requireUsable(sample)
        case .partial(let bound, let reason):
          try require(bound.map(\.isFinite) ?? true, "a bound is not finite")
          try requireSentence(reason)
        }
      }
      let points: [PrometheusRange.Point]
      do throws(PrometheusRange.Failure) {
        points = try PrometheusRange.points(in: response, from: endpoint)
      } catch {
        return try requireSentence(error.description)
      }
      try require(points.allSatisfy(\.value.isFinite), "a point is not finite")
    }
  }

  private static func requireUsable(_ sample: PrometheusClient.Sample) throws(Broken) {
    try require(sample.value.isFinite, "a value is not finite")
    for warning in sample.warnings where !warning.isEmpty { try requireSentence(warning) }
    let now = Instant(milliseconds: 1_795_161_600_000)
    for threshold in [Double.leastNonzeroMagnitude, 1, 1e300] {
      let policy = Policy(
        name: ResourceName(name: "web"),
        signals: [
          Signal(
            name: "live",
            kind: .prometheus(
              PrometheusSignal(source: "main", query: "q", threshold: threshold)))
        ])
      let decision = Evaluator.decide(
        policy,
        readings: [
          .prometheus(Reading(value: .sample(sample.value), obtainedAt: now), uptime: nil)
        ], memory: Decision.Memory(), at: now)
      guard sample.value >= 0 else {
        try require(decision.replicas == nil, "a value below zero has an answer")
        continue
      }
      guard let replicas = decision.replicas else { throw Broken("a value has no answer") }
      try require(
        (0...Int(Int32.max)).contains(replicas), "\(sample.value) asks for \(replicas) replicas")
      try require((replicas > 0) == (sample.value > 0), "\(sample.value) gives \(replicas)")
      try requireSentence(decision.explanation(at: now))
    }
  }
}
