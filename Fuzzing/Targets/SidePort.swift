internal import Scaling
internal import Synchronization
internal import Telemetry
internal import Time

@testable internal import HTTPClient
@testable internal import SidePort

extension FuzzTarget {
  /// Requests of the side port: a line each for the target, the method, and the header `Accept`.
  static let sidePort = FuzzTarget("side-port", maxLength: 512) { _ in
    let router = Router.sidePort(emptyContent)
    return { bytes throws(Broken) in
      let texts = FuzzInput(bytes).texts
      let target = texts[0]
      let answer = SidePortAnswer.of(
        router,
        to: request(
          target, method: texts.count > 1 ? texts[1] : "GET",
          accept: texts.count > 2 ? texts[2] : nil))
      try require(
        [200, 400, 404, 405, 503].contains(answer.status), "the status is \(answer.status)")
      try require(
        answer.headers.allSatisfy { !$0.value.utf8.contains { $0 < 0x20 } }, "a header is split")
      guard answer.headers.contains(where: { $0.value.hasPrefix("application/json") }) else {
        return
      }
      var reader = JSONReader(answer.body)
      do throws(JSONError) {
        try reader.skipValue()
        try reader.finish()
      } catch {
        throw Broken("an answer is not JSON: \(error)")
      }
    }
  }

  /// Takes the query string apart as the library behind the port does.
  private static func request(
    _ target: String, method: String, accept: String?
  ) -> SidePortRequest {
    var request = SidePortRequest(method: method, target: target, accept: accept)
    let query = target.drop { $0 != "?" }.dropFirst()
    for pair in query.split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = parts.first.map(String.init), QueryParameter.allNames.contains(name) else {
        continue
      }
      request.query.updateValue(
        RequestPath.decoded(parts.count > 1 ? String(parts[1]) : ""), forKey: name)
    }
    return request
  }

  /// Knows one policy, whose answers repeat what was asked.
  private static var emptyContent: SidePortContent {
    let name = ResourceName(namespace: "default", name: "my-api")
    let policy = Policy(
      name: name, signals: [Signal(name: "calendar", kind: .schedule(Schedule()))])
    let now = Instant(milliseconds: 1_795_217_645_123)
    @Sendable func decision(at: Instant) -> Decision {
      Decision(
        policy: name, at: at, outcome: .replicas(3), contributions: [], winner: nil,
        appliedLimits: [.minReplicas(3)], validUntil: at.advanced(by: .seconds(60)),
        memory: Decision.Memory())
    }
    return SidePortContent(
      metrics: MetricsRegistry(), health: { HealthReport([HealthCheck("grpc")]) },
      readiness: { _ in HealthReport([HealthCheck("loaded", problem: "not yet")]) },
      policies: { selection in
        let page = selection.page(of: [decision(at: now)]) { ($0.policy, $0) }
        return PolicyPage(
          policies: page.items.map {
            PolicySummary(policy: policy, decision: $0, nextChange: nil, bindings: 1, now: now)
          }, counts: page.counts, matching: page.matching, offset: selection.offset, now: now)
      },
      decision: { asked, question in
        guard asked == name else { return .unknowable("there is no policy \(asked)") }
        var record = DecisionRecord(
          policy: policy, decision: decision(at: question.at ?? now), explanation: "3 replicas.",
          bindings: 1)
        record.whatIfs = question.leadTimes.map { WhatIf(.leadTime($0), outcome: .replicas(1)) }
        return .found(record)
      },
      history: { asked, since in
        guard asked == name else { return .unknowable("nothing is known of \(asked)") }
        return .found(
          DecisionSequence(
            policy: policy, from: since ?? now, to: now, now: now, decisions: [decision(at: now)]))
      },
      projection: { asked, time in
        guard asked == name else { return .noAnswer }
        return .found(
          DecisionSequence(
            policy: policy, from: now, to: now.advanced(by: time), now: now,
            decisions: [decision(at: now)], knownUntil: now.advanced(by: time)))
      })
  }
}

/// Takes the answer of a route, also of one that may answer later: here all answer at once.
private final class SidePortAnswer: Sendable {
  private let answer = Mutex<SidePortResponse?>(nil)

  static func of(_ router: Router, to request: SidePortRequest) -> SidePortResponse {
    switch router.respond(to: request) {
    case .now(let answer): return answer
    case .pooled(let work): return work()
    case .later(let begin):
      let given = SidePortAnswer()
      begin { answer in given.answer.withLock { $0 = answer } }
      return given.answer.withLock { $0 } ?? .error(500, "no answer")
    }
  }
}
