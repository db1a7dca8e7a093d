import Scaling
import Synchronization
import Telemetry
internal import Time

@testable import SidePort

/// A decision with every field filled.
let fullDecision = Decision(
  policy: ResourceName(namespace: "default", name: "my-api"),
  at: Instant(milliseconds: 1_795_217_645_123), outcome: .replicas(12),
  contributions: [
    Contribution(
      signal: "predicted", kind: .forecast, state: .held, replicas: 9,
      peak: Instant(milliseconds: 1_795_217_700_000),
      dataTime: Instant(milliseconds: 1_795_217_615_123), problem: "the forecaster \"x\" fails",
      lostSince: Instant(milliseconds: 1_795_217_625_123), origin: .peer("10.0.0.7")),
    Contribution(
      signal: "calendar", kind: .schedule, state: .fresh, replicas: 30,
      peak: Instant(milliseconds: 1_795_217_645_123), rule: "Black Friday"),
    Contribution(
      signal: "live", kind: .prometheus, state: .fresh, replicas: 2, value: 123.5,
      dataTime: Instant(milliseconds: 1_795_217_645_000)),
    Contribution(signal: "gone", kind: .prometheus, state: .unknown, problem: "no data"),
  ],
  winner: 1,
  appliedLimits: [
    .cap(signal: "calendar", rule: "Night", replicas: 12),
    .lastAnswer(replicas: 12),
    .activity(
      replicas: 3, cause: .wakeUp, since: Instant(milliseconds: 1_795_217_600_000),
      until: Instant(milliseconds: 1_795_218_500_000)),
    .activity(
      replicas: 3, cause: .firstSeen, since: Instant(milliseconds: 1_795_217_600_000), until: nil),
    .minReplicas(2), .maxReplicas(50),
  ],
  validUntil: Instant(milliseconds: 1_795_217_700_000), memory: Decision.Memory())

/// A decision that has no number.
let lostDecision = Decision(
  policy: ResourceName(name: "lost"), at: Instant(milliseconds: 0),
  outcome: .unavailable(reason: "every signal is lost"), contributions: [], winner: nil,
  appliedLimits: [], validUntil: .distantFuture, memory: Decision.Memory())

func policy(_ decision: Decision) -> Policy {
  Policy(
    name: decision.policy, leadTime: .seconds(600),
    limits: ReplicaLimits(minReplicas: 2, maxReplicas: 50),
    signals: [Signal(name: "calendar", kind: .schedule(Schedule()))])
}

/// Content over the two decisions; its checks can be changed.
final class TestContent: Sendable {
  let metrics = HeadstartMetrics(version: "0.0.0")
  private let report = Mutex(HealthReport([HealthCheck("grpc")]))

  func set(_ checks: HealthCheck...) {
    report.withLock { $0 = HealthReport(checks) }
  }

  var content: SidePortContent {
    SidePortContent(
      metrics: metrics.registry,
      health: { self.report.withLock { $0 } },
      readiness: { _ in self.report.withLock { HealthReport($0.checks + [HealthCheck("loaded")]) }
      },
      policies: { selection in
        let page = selection.page(of: [fullDecision, lostDecision]) { ($0.policy, $0) }
        return PolicyPage(
          policies: page.items.map { decision in
            PolicySummary(
              policy: policy(decision), decision: decision,
              nextChange: decision.replicas == nil
                ? nil : NextChange(at: Instant(milliseconds: 1_795_217_800_000), replicas: 2),
              bindings: decision.replicas == nil ? 0 : 3, now: decision.at)
          }, counts: page.counts, matching: page.matching, offset: selection.offset,
          now: fullDecision.at)
      },
      decision: { name, question in
        guard let decision = Self.decision(of: name) else {
          return .unknowable("there is no policy \(name.name)")
        }
        var record = DecisionRecord(
          policy: policy(decision), decision: decision, explanation: "12 replicas, because.",
          bindings: 3)
        guard let at = question.at else {
          record.whatIfs =
            Self.whatIfs
            + question.leadTimes.map {
              WhatIf(.leadTime($0), outcome: .replicas(1))
            }
          record.sources = Self.sources
          return .found(record)
        }
        guard at > Instant(milliseconds: 0) else { return .unknowable("too long ago") }
        record.moment = at > decision.at ? .future : .past
        return .found(record)
      },
      history: { name, since in
        guard let decision = Self.decision(of: name) else { return .noAnswer }
        return .found(
          DecisionSequence(
            policy: policy(decision), from: since ?? decision.at, to: decision.at,
            now: decision.at, decisions: [decision]))
      },
      projection: { name, time in
        guard let decision = Self.decision(of: name) else { return .unknowable("no policy") }
        var later = lostDecision
        later.at = decision.at.advanced(by: .seconds(60))
        return .found(
          DecisionSequence(
            policy: policy(decision), from: decision.at, to: decision.at.advanced(by: time),
            now: decision.at, decisions: [decision, later], knownUntil: later.at))
      })
  }

  private static func decision(of name: ResourceName) -> Decision? {
    [fullDecision, lostDecision].first { $0.policy == name }
  }

  private static let whatIfs = [
    WhatIf(.withoutSignal("calendar"), outcome: .replicas(9)),
    WhatIf(.leadTime(.seconds(300)), outcome: .unavailable(reason: "nothing is left")),
  ]

  private static let sources = [
    SourceRecord(
      name: "main", kind: "prometheus", state: "failing",
      lastSuccess: Instant(milliseconds: 1_795_217_645_000), lastError: "HTTP \u{1B}[31m500")
  ]
}

extension Router {
  /// The answer of a route that answers at once.
  func answer(_ request: SidePortRequest) -> SidePortResponse {
    switch respond(to: request) {
    case .now(let response): response
    case .pooled(let work): work()
    case .later: .error(500, "this route answers later")
    }
  }
}
