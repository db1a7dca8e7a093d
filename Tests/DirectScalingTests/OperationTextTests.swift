internal import Kubernetes
internal import Scaling
internal import Testing
internal import Time

@testable internal import DirectScaling

/// What scaling a target looks like in events, and what failures of the API server mean for it.
struct OperationTextTests {
  private static let web = TargetID(
    group: "apps", kind: "Deployment", namespace: "shop", name: "web")
  private static let reference = ObjectReference(
    apiVersion: "apps/v1", kind: "Deployment", namespace: "shop", name: "web", uid: "1")

  private static func operation(_ outcome: ScaleOperation.Outcome) -> ScaleOperation {
    let policy = Policy(name: ResourceName(namespace: "shop", name: "web"), signals: [])
    let now = Instant(milliseconds: 0)
    let decision = Decision(
      policy: policy.name, at: now, outcome: .replicas(5), contributions: [], winner: nil,
      appliedLimits: [], validUntil: .distantFuture, memory: Decision.Memory())
    var operation = ScaleOperation(
      at: now, target: web,
      wish: TargetWish(policy, decision),
      from: 2, to: 5, outcome: outcome)
    operation.reason = "5 replicas: calendar asks for 5 now."
    return operation
  }

  @Test func `a change is an event with its reason`() throws {
    let event = try #require(Self.operation(.succeeded).event(regarding: Self.reference))
    #expect(event.reason == "Scaled")
    #expect(
      event.note
        == "Scaled from 2 to 5 by the policy shop/web: 5 replicas: calendar asks for 5 now.")
  }

  @Test func `a failure is a warning with its problem, and a dry run is none`() throws {
    let failed = try #require(
      Self.operation(.failed("the quota is used up")).event(regarding: Self.reference))
    #expect(failed.severity == .warning)
    #expect(failed.reason == "ScalingFailed")
    #expect(failed.note.hasSuffix("the quota is used up"))
    let refused = try #require(
      Self.operation(.refused("KEDA owns it")).event(regarding: Self.reference))
    #expect(refused.reason == "ScalingRefused")
    #expect(Self.operation(.dryRun).event(regarding: Self.reference) == nil)
  }

  @Test(arguments: [
    (KubernetesFailure.Kind.conflict, TargetFailure.Kind.conflict), (.notFound, .conflict),
    (.forbidden, .refused), (.invalid, .refused), (.badRequest, .refused),
    (.unauthorized, .unavailable), (.serverError, .unavailable), (.expired, .unavailable),
  ])
  func `a failure says whether trying again can help`(
    kind: KubernetesFailure.Kind, expected: TargetFailure.Kind
  ) {
    let failure = TargetFailure(KubernetesFailure(kind: kind, message: "no"), now: .seconds(5))
    #expect(failure == TargetFailure(expected, "no"))
  }

  @Test func `an API server that wants to be left alone says for how long`() {
    let asked = KubernetesFailure(kind: .throttled, message: "slow down", retryAfter: .seconds(9))
    #expect(
      TargetFailure(asked, now: .seconds(5)).kind == .throttled(until: .seconds(14)))
    let silent = KubernetesFailure(kind: .throttled, message: "slow down")
    #expect(
      TargetFailure(silent, now: .seconds(5)).kind == .throttled(until: .seconds(6)))
  }

  @Test func `every effect has a word of its own`() {
    let effects: [ScaleEffect] = [
      .scaled(from: 1, to: 2), .unchanged(1), .dryRun(from: 1, to: 2), .refused(""), .missing(""),
      .failed(""), .notLeading, .noTarget,
    ]
    #expect(Set(effects.map(\.result)).count == effects.count)
  }
}
