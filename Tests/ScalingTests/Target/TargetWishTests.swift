internal import Scaling
internal import Testing

/// What is to be done to a target, by what it has and what is wanted.
struct TargetWishTests {
  private static let toAndFromZero = TargetRules(extent: .toAndFromZero)

  @Test(
    arguments: [
      (3, 3, nil), (3, 5, 5), (5, 3, 3), (0, 2, 2), (4, 0, 0), (0, 0, nil),
    ] as [(Int, Int, Int?)])
  func `An exact count is set wherever it differs`(current: Int, wanted: Int, next: Int?) {
    let step = TargetWish.of(wanted).step(from: TargetObservation(replicas: current))
    #expect(step?.replicas == next)
    #expect((step == nil) == (next == nil))
  }

  @Test(arguments: [
    (100, 0, 50, 50), (50, 0, 50, 25), (3, 0, 50, 2), (1, 0, 50, 0), (10, 9, 50, 9),
    (10, 1, 10, 9), (9, 1, 10, 8), (100, 0, 1, 99), (99, 0, 1, 98), (100, 0, 100, 0),
    (2, 8, 10, 8), (Int.max, 0, 50, Int.max - Int(Int32.max) / 2),
  ])
  func `A step down takes a share, and one replica at least`(
    current: Int, wanted: Int, percent: Int, next: Int
  ) {
    let wish = TargetWish.of(wanted, TargetRules(maxDownPercentPerStep: percent))
    #expect(wish.step(from: TargetObservation(replicas: current))?.replicas == next)
  }

  @Test(
    arguments: [
      // Up raises, and leaves more as it is.
      (0, 2, 2), (1, 2, 2), (2, 2, nil), (7, 2, nil),
      // Down is to zero.
      (7, 0, 0), (1, 0, 0), (0, 0, nil),
    ] as [(Int, Int, Int?)])
  func `To and from zero is all that an ElastiService does`(
    current: Int, wanted: Int, next: Int?
  ) {
    let wish = TargetWish.of(wanted, Self.toAndFromZero)
    #expect(wish.step(from: TargetObservation(replicas: current))?.replicas == next)
  }

  @Test(arguments: [(0, 2, 2), (1, 2, nil), (5, 2, nil), (5, 0, 0)] as [(Int, Int, Int?)])
  func `Above zero the count is the HPA's`(current: Int, wanted: Int, next: Int?) {
    let wish = TargetWish.of(
      wanted, TargetRules(autoscaler: .hpa("web"), extent: .toAndFromZero))
    #expect(wish.step(from: TargetObservation(replicas: current))?.replicas == next)
  }

  @Test(
    arguments: [
      (3, 0, false, TargetStep(replicas: 0, autoscaler: .pause("web"))),
      (0, 0, false, TargetStep(replicas: nil, autoscaler: .pause("web"))),
      (3, 0, true, TargetStep(replicas: 0)),
      (0, 0, true, nil),
      (0, 2, true, TargetStep(replicas: 2, autoscaler: .resume("web"))),
      (4, 2, true, TargetStep(replicas: nil, autoscaler: .resume("web"))),
      (0, 2, false, TargetStep(replicas: 2)),
      (0, 2, nil, TargetStep(replicas: 2)),
      (3, 0, nil, TargetStep(replicas: 0)),
    ] as [(Int, Int, Bool?, TargetStep?)])
  func `A ScaledObject is paused at zero and resumed on the way up`(
    current: Int, wanted: Int, isPaused: Bool?, step: TargetStep?
  ) {
    let wish = TargetWish.of(
      wanted, TargetRules(autoscaler: .keda("web"), extent: .toAndFromZero))
    let observation = TargetObservation(replicas: current, isAutoscalerPaused: isPaused)
    #expect(wish.step(from: observation) == step)
  }

  @Test func `Without a decision nothing is done`() {
    let wish = TargetWish.of(nil)
    for current in [0, 1, 1000] {
      #expect(wish.step(from: TargetObservation(replicas: current)) == nil)
    }
  }

  @Test(arguments: [TargetRules.Extent.exactCount, .toAndFromZero])
  func `While a signal is missing the target only grows`(extent: TargetRules.Extent) {
    let rules = TargetRules(autoscaler: .keda("web"), extent: extent)
    let down = TargetObservation(replicas: 4, isAutoscalerPaused: false)
    #expect(TargetWish.of(0, rules, missing: true).step(from: down) == nil)
    // Nor while a history is being read that may say more.
    #expect(TargetWish.of(0, rules, learning: true).step(from: down) == nil)
    #expect(TargetWish.of(0, rules).step(from: down)?.replicas == 0)
    let up = TargetObservation(replicas: 0)
    #expect(TargetWish.of(2, rules, missing: true).step(from: up)?.replicas == 2)
  }

  @Test func `A bound holds whatever a missing signal would say`() {
    let four = TargetObservation(replicas: 4)
    let cap = Decision.AppliedLimit.cap(signal: "calendar", rule: "Night", replicas: 1)
    #expect(TargetWish.of(1, missing: true, limits: [cap]).step(from: four)?.replicas == 1)
    #expect(
      TargetWish.of(3, missing: true, limits: [.maxReplicas(3)]).step(from: four)?.replicas == 3)
    #expect(TargetWish.of(2, missing: true, limits: [cap]).step(from: four) == nil)
    #expect(TargetWish.of(2, missing: true, limits: [.minReplicas(2)]).step(from: four) == nil)
  }

  @Test func `A workload that is only being watched is left alone, up and down`() {
    let memory = Decision.Memory(
      activity: Decision.Activity(last: wallClock, cause: .firstSeen))
    let wish = TargetWish.of(2, Self.toAndFromZero, activity: ActivityRules(), memory: memory)
    #expect(wish.replicas == nil)
    let woken = Decision.Memory(activity: Decision.Activity(last: wallClock, cause: .wakeUp))
    #expect(
      TargetWish.of(2, Self.toAndFromZero, activity: ActivityRules(), memory: woken).replicas == 2)
  }

  @Test func `Counts beyond what Kubernetes can count are cut`() {
    #expect(TargetWish.of(Int.max).replicas == Int(Int32.max))
  }

  @Test func `A policy's target is in its own namespace unless it says otherwise`() {
    var policy = Policy(name: ResourceName(namespace: "shop", name: "p"), signals: [])
    #expect(policy.target(fallback: "own") == nil)
    policy.scaleTarget = ScaleTarget(apiVersion: "apps/v1", kind: "Deployment", name: "checkout")
    #expect(policy.target(fallback: "own") == checkout)
    policy.scaleTarget?.namespace = "bank"
    #expect(policy.target(fallback: "own")?.namespace == "bank")
    policy.scaleTarget?.namespace = nil
    policy.name.namespace = nil
    #expect(policy.target(fallback: "own")?.namespace == "own")
    policy.scaleTarget?.apiVersion = "v1"
    #expect(policy.target(fallback: "own")?.group == "")
  }
}
