import Scaling
import Synchronization
import Telemetry

@testable import AdminHTTP

/// A decision with every field filled.
let fullDecision = Decision(
  policy: ResourceName(namespace: "default", name: "my-api"),
  at: Instant(milliseconds: 1_795_217_645_123), outcome: .replicas(12),
  contributions: [
    Contribution(
      signal: "predicted", kind: .forecast, state: .held, replicas: 9,
      peak: Instant(milliseconds: 1_795_217_700_000),
      dataTime: Instant(milliseconds: 1_795_217_615_123), problem: "the forecaster \"x\" fails"),
    Contribution(
      signal: "calendar", kind: .schedule, state: .fresh, replicas: 30,
      peak: Instant(milliseconds: 1_795_217_645_123), rule: "Black Friday"),
    Contribution(
      signal: "live", kind: .prometheus, state: .fresh, replicas: 2, value: 123.5,
      dataTime: Instant(milliseconds: 1_795_217_645_000)),
    Contribution(signal: "gone", kind: .prometheus, state: .unavailable, problem: "no data"),
  ],
  winner: 1,
  appliedLimits: [
    .cap(signal: "calendar", rule: "Night", replicas: 12),
    .hold(replicas: 12, until: Instant(milliseconds: 1_795_217_700_000)), .minReplicas(2),
    .maxReplicas(50),
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

  var content: AdminContent {
    AdminContent(
      metrics: metrics.registry,
      health: { self.report.withLock { $0 } },
      readiness: { self.report.withLock { HealthReport($0.checks + [HealthCheck("loaded")]) } },
      policies: {
        [
          PolicySummary(
            policy: policy(fullDecision), decision: fullDecision,
            nextChange: NextChange(at: Instant(milliseconds: 1_795_217_800_000), replicas: 2),
            bindings: 3),
          PolicySummary(policy: policy(lostDecision), decision: lostDecision, bindings: 0),
        ]
      },
      decision: { name in
        [fullDecision, lostDecision].first { $0.policy == name }.map {
          DecisionRecord(
            policy: policy($0), decision: $0, explanation: "12 replicas, because.", bindings: 3)
        }
      })
  }
}
