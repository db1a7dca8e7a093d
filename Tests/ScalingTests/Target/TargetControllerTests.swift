internal import TestKit
internal import Testing
internal import Time

@testable internal import Scaling

/// When a target is looked at and what is written.
struct TargetControllerTests {
  typealias Order = TargetController.Order

  @Test func `It looks at once when it leads, and never before`() {
    var controller = TargetController(
      target: checkout,
      settings: TargetController.Settings(checkInterval: .seconds(60), cooldown: .seconds(60)),
      wish: .of(3))
    #expect(controller.decided(.of(4), now: .zero).order == .none)
    #expect(controller.timePassed(now: .seconds(1000)).order == .none)
    #expect(controller.wokenUp(now: .zero).order == .none)
    #expect(controller.sees(1, at: 0).order == .none)
    #expect(controller.leadershipGained().order == .look)
    #expect(controller.leadershipGained().order == .none)
  }

  @Test func `What is there already is not written`() {
    var controller = TargetController.looking(.of(3))
    let response = controller.sees(3, at: 0)
    #expect(response.order == .wait(until: .seconds(60)))
    #expect(response.operation == nil)
    #expect(controller.condition == .inOrder)
  }

  @Test func `A difference is written and told`() {
    var controller = TargetController.looking(.of(5))
    #expect(controller.sees(3, at: 0).order == write(5))
    let response = controller.hasWritten(at: 1)
    #expect(response.order == .wait(until: .seconds(61)))
    #expect(response.operation?.from == 3)
    #expect(response.operation?.to == 5)
    #expect(response.operation?.outcome == .succeeded)
    #expect(controller.replicas == 5)
  }

  @Test func `Somebody else's change is corrected at the next check`() {
    var controller = TargetController.looking(.of(5))
    _ = controller.sees(5, at: 0)
    #expect(controller.timePassed(now: .seconds(59)).order == .wait(until: .seconds(60)))
    #expect(controller.timePassed(now: .seconds(60)).order == .look)
    #expect(controller.sees(2, at: 60).order == write(5))
  }

  @Test func `A new decision is acted on at once, an equal one is not`() {
    var controller = TargetController.looking(.of(5))
    _ = controller.sees(5, at: 0)
    #expect(controller.decided(.of(5), now: .seconds(1)).order == .none)
    #expect(controller.decided(.of(6), now: .seconds(2)).order == .look)
    // While it looks, the latest decision counts.
    #expect(controller.decided(.of(7), now: .seconds(2)).order == .none)
    #expect(controller.sees(5, at: 2).order == write(7))
    // While it writes, the latest is compared after it.
    #expect(controller.decided(.of(8), now: .seconds(3)).order == .none)
    #expect(controller.hasWritten(at: 3).order == .look)
  }

  // MARK: Cooldown

  @Test(arguments: [
    (true, 9, 62, Order.look), (true, 1, 62, .look), (false, 9, 62, .look),
  ])
  func `The cooldown delays the next scaling until its end`(
    onUp: Bool, wanted: Int, end: Int64, order: Order
  ) {
    var controller = TargetController.looking(
      .of(5, TargetRules(cooldownOnUp: onUp)), check: .seconds(600))
    _ = controller.sees(3, at: 0)
    _ = controller.hasWritten(at: 2)
    _ = controller.decided(.of(wanted, TargetRules(cooldownOnUp: onUp)), now: .seconds(10))
    let response = controller.sees(5, at: 61)
    if wanted > 5, !onUp {
      #expect(response.order == write(wanted))
      return
    }
    #expect(response.order == .wait(until: .seconds(end)))
    #expect(controller.timePassed(now: .seconds(end)).order == order)
    #expect(controller.sees(5, at: end).order == write(wanted))
  }

  @Test func `A policy's own cooldown goes before the flag's`() {
    let rules = TargetRules(cooldown: .seconds(5))
    var controller = TargetController.looking(.of(5, rules))
    _ = controller.sees(3, at: 0)
    _ = controller.hasWritten(at: 0)
    _ = controller.decided(.of(4, rules), now: .seconds(1))
    #expect(controller.sees(5, at: 1).order == .wait(until: .seconds(5)))
  }

  @Test func `A wake-up does not wait for the cooldown, and nothing goes down with it`() {
    var controller = TargetController.looking(.of(0))
    _ = controller.sees(3, at: 0)
    _ = controller.hasWritten(at: 0)
    #expect(controller.decided(.of(2), now: .seconds(1)).order == .look)
    _ = controller.wokenUp(now: .seconds(1))
    #expect(controller.sees(0, at: 1).order == write(2))
    _ = controller.hasWritten(at: 1)
    _ = controller.decided(.of(1), now: .seconds(2))
    _ = controller.wokenUp(now: .seconds(2))
    #expect(controller.sees(2, at: 2).order == .wait(until: .seconds(61)))
  }

  @Test func `A wake-up that comes while it writes is heard after it`() {
    var controller = TargetController.looking(.of(0))
    _ = controller.sees(3, at: 0)
    _ = controller.decided(.of(2), now: .seconds(1))
    _ = controller.wokenUp(now: .seconds(1))
    #expect(controller.hasWritten(at: 2).order == .look)
    #expect(controller.sees(0, at: 2).order == write(2))
  }

  // MARK: Gradual

  @Test func `Going down step by step waits for the cooldown in between`() {
    let rules = TargetRules(maxDownPercentPerStep: 50)
    var controller = TargetController.looking(
      .of(1, rules), check: .seconds(60), cooldown: .seconds(10))
    #expect(controller.sees(10, at: 0).order == write(5))
    #expect(controller.hasWritten(at: 0).order == .wait(until: .seconds(10)))
    #expect(controller.timePassed(now: .seconds(10)).order == .look)
    #expect(controller.sees(5, at: 10).order == write(3))
    #expect(controller.hasWritten(at: 10).order == .wait(until: .seconds(20)))
    _ = controller.timePassed(now: .seconds(20))
    #expect(controller.sees(3, at: 20).order == write(2))
    _ = controller.hasWritten(at: 20)
    _ = controller.timePassed(now: .seconds(30))
    #expect(controller.sees(2, at: 30).order == write(1))
    #expect(controller.hasWritten(at: 30).order == .wait(until: .seconds(90)))
  }

  @Test func `Without a cooldown a step is taken at each check`() {
    let rules = TargetRules(cooldown: .zero, maxDownPercentPerStep: 50)
    var controller = TargetController.looking(.of(0, rules), check: .seconds(30))
    _ = controller.sees(8, at: 0)
    #expect(controller.hasWritten(at: 0).order == .wait(until: .seconds(30)))
  }

  // MARK: Refusal, absence, failure

  @Test func `A target with an owner is refused, once in the history`() {
    var controller = TargetController.looking(.of(5))
    let owner = "HorizontalPodAutoscaler shop/checkout"
    let first = controller.sees(3, at: 0, owner: owner)
    #expect(first.order == .wait(until: .seconds(60)))
    let sentence =
      "Deployment shop/checkout is scaled by HorizontalPodAutoscaler shop/checkout, "
      + "so Headstart leaves it alone"
    #expect(first.operation?.outcome == .refused(sentence))
    #expect(controller.condition == .refused(sentence))
    _ = controller.timePassed(now: .seconds(60))
    #expect(controller.sees(3, at: 60, owner: owner).operation == nil)
    _ = controller.timePassed(now: .seconds(120))
    #expect(controller.sees(3, at: 120, owner: "ScaledObject shop/web").operation != nil)
    // Its owner has gone.
    _ = controller.timePassed(now: .seconds(180))
    #expect(controller.sees(3, at: 180).order == write(5))
  }

  @Test func `Where its ScaledObject may not be paused, a target stays above zero, told once`() {
    let rules = TargetRules(autoscaler: .keda("web"), extent: .toAndFromZero)
    var controller = TargetController.looking(.of(0, rules), pausesScaledObjects: false)
    let first = controller.sees(3, at: 0, paused: false)
    #expect(first.order == .wait(until: .seconds(60)))
    guard case .refused(let sentence) = first.operation?.outcome else {
      Issue.record("\(first)")
      return
    }
    #expect(sentence.contains("--pause-scaled-objects=false"))
    #expect(controller.condition == .refused(sentence))
    _ = controller.timePassed(now: .seconds(60))
    #expect(controller.sees(3, at: 60, paused: false).operation == nil)
    // Someone else has paused it.
    _ = controller.timePassed(now: .seconds(120))
    #expect(controller.sees(3, at: 120, paused: true).order == write(0))
  }

  @Test(arguments: [(0, TargetController.Order.wait(until: .seconds(60))), (2, write(2))])
  func `Without writes to ScaledObjects a target at zero rests, or is raised`(
    wanted: Int, order: TargetController.Order
  ) {
    let rules = TargetRules(autoscaler: .keda("web"), extent: .toAndFromZero)
    for paused in [true, false] {
      var controller = TargetController.looking(.of(wanted, rules), pausesScaledObjects: false)
      #expect(controller.sees(0, at: 0, paused: paused).order == order)
      #expect(controller.condition == .inOrder)
    }
  }

  @Test func `A missing target waits, and is scaled when it is there`() {
    var controller = TargetController.looking(.of(5))
    let sentence = "no such Deployment"
    let response = controller.foundMissing(sentence, now: .zero, wallClock: .distantPast)
    #expect(response.order == .wait(until: .seconds(60)))
    #expect(response.operation?.outcome == .refused(sentence))
    #expect(response.operation?.from == nil)
    #expect(response.operation?.to == 5)
    #expect(controller.condition == .missing(sentence))
    // It is told once.
    _ = controller.timePassed(now: .seconds(60))
    let again = controller.foundMissing(sentence, now: .seconds(60), wallClock: .distantPast)
    #expect(again == TargetController.Response(.wait(until: .seconds(120))))
    _ = controller.timePassed(now: .seconds(120))
    #expect(controller.sees(1, at: 120).order == write(5))
  }

  @Test func `What somebody else took away comes back without the cooldown`() {
    var controller = TargetController.looking(.of(5), check: .seconds(5))
    _ = controller.sees(1, at: 0)
    _ = controller.hasWritten(at: 1)
    _ = controller.timePassed(now: .seconds(6))
    #expect(controller.sees(1, at: 6).order == write(5))
    _ = controller.hasWritten(at: 6)
    // What somebody else added is taken away after it.
    _ = controller.timePassed(now: .seconds(11))
    #expect(controller.sees(9, at: 11).order == .wait(until: .seconds(16)))
  }

  @Test func `A target that was recreated has no cooldown`() {
    var controller = TargetController.looking(.of(5), check: .seconds(5))
    _ = controller.sees(9, at: 0)
    _ = controller.hasWritten(at: 1)
    _ = controller.timePassed(now: .seconds(6))
    _ = controller.foundMissing("gone", now: .seconds(6), wallClock: .distantPast)
    _ = controller.timePassed(now: .seconds(11))
    #expect(controller.sees(9, at: 11).order == write(5))
  }

  @Test func `A conflict is looked at again at once, a few times`() {
    var controller = TargetController.looking(.of(5))
    for _ in 0..<TargetController.repeatsAfterConflict {
      #expect(controller.sees(3, at: 0).order == write(5))
      #expect(controller.fails(.conflict, at: 0).order == .look)
    }
    _ = controller.sees(3, at: 0)
    let last = controller.fails(.conflict, at: 0)
    #expect(last.order == .wait(until: .seconds(1)))
    #expect(last.operation?.outcome == .failed("no luck"))
  }

  @Test(
    arguments: [
      (TargetFailure.Kind.refused, 60), (.throttled(until: .seconds(17)), 17),
      (.throttled(until: .seconds(90)), 90), (.throttled(until: .zero), 1), (.unavailable, 1),
    ] as [(TargetFailure.Kind, Int64)])
  func `After a failure it waits as the failure asks for`(
    kind: TargetFailure.Kind, end: Int64
  ) {
    var controller = TargetController.looking(.of(5))
    _ = controller.sees(3, at: 0)
    let response = controller.fails(kind, at: 0)
    #expect(response.order == .wait(until: .seconds(end)))
    #expect(response.operation?.outcome == .failed("no luck"))
    #expect(controller.condition == .failing("no luck"))
    #expect(controller.decided(.of(6), now: .seconds(end - 1)).order == .none)
    #expect(controller.timePassed(now: .seconds(end)).order == .look)
    #expect(controller.sees(3, at: end).order == write(6))
  }

  @Test func `A server that stays away is asked less and less often, up to ten seconds`() {
    var controller = TargetController.looking(.of(5))
    var now: Int64 = 0
    for wait: Int64 in [1, 2, 4, 8, 10, 10] {
      let response = controller.lookFailed(
        TargetFailure(.unavailable, "away"), now: .seconds(now))
      #expect(response.order == .wait(until: .seconds(now + wait)))
      now += wait
      _ = controller.timePassed(now: .seconds(now))
    }
    #expect(controller.sees(3, at: now).order == write(5))
  }

  // MARK: Leadership and dry run

  @Test func `Losing the lead stops everything, and what comes late is ignored`() {
    var controller = TargetController.looking(.of(5))
    _ = controller.sees(3, at: 0)
    #expect(controller.leadershipLost().order == .stop)
    #expect(controller.hasWritten(at: 1).operation == nil)
    #expect(controller.fails(.unavailable, at: 1).operation == nil)
    #expect(controller.sees(1, at: 1).order == .none)
    #expect(controller.decided(.of(9), now: .seconds(2)).order == .none)
    #expect(controller.leadershipGained().order == .look)
    #expect(controller.sees(3, at: 3).order == write(9))
  }

  @Test func `A dry run is told as one, and repeated at the next check only`() {
    var controller = TargetController.looking(.of(5), isDryRun: true)
    _ = controller.sees(3, at: 0)
    let response = controller.hasWritten(at: 0)
    #expect(response.operation?.outcome == .dryRun)
    #expect(response.order == .wait(until: .seconds(60)))
    #expect(controller.replicas == 3)
  }

  // MARK: Properties

  /// Plays random decisions, outages, changes of others and losses of the lead against a target.
  @Test(arguments: 0..<200 as Range<UInt64>)
  func `Missing data never scales down, writes keep their distance`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let cooldown = Int64.random(in: 0...90, using: &random)
    let rules = TargetRules(
      cooldownOnUp: Bool.random(using: &random),
      maxDownPercentPerStep: Bool.random(using: &random) ? 30 : nil)
    var wanted: Int?
    var isMissing = false
    var actual = 4
    var lastWrite: Int64?
    var reached: Int?
    var controller = TargetController(
      target: checkout,
      settings: TargetController.Settings(
        checkInterval: .seconds(60), cooldown: .seconds(cooldown)), wish: .of(nil, rules))
    var due: Duration?
    for second in 0..<1500 as Range<Int64> {
      let now = Duration.seconds(second)
      var order = Order.none
      switch Int.random(in: 0..<20, using: &random) {
      case 0:
        wanted = Bool.random(using: &random) ? nil : Int.random(in: 0...12, using: &random)
        isMissing = random.chance(30)
        order = controller.decided(.of(wanted, rules, missing: isMissing), now: now).order
      case 1: actual = Int.random(in: 0...12, using: &random)
      case 2: order = controller.leadershipGained().order
      case 3 where second % 7 == 0: order = controller.leadershipLost().order
      default:
        if let end = due, end <= now { order = controller.timePassed(now: now).order }
      }
      while true {
        switch order {
        case .look:
          due = nil
          order = controller.sees(actual, at: second).order
          continue
        case .write(let step, _):
          guard let next = step.replicas, let wanted else {
            Issue.record("a write without a decision")
            return
          }
          #expect(next != actual)
          #expect(!isMissing || next > actual)
          #expect(wanted < actual ? (wanted..<actual).contains(next) : next == wanted)
          // What somebody else took away comes back at once.
          if let lastWrite, next < actual || rules.cooldownOnUp && actual == reached {
            #expect(second - lastWrite >= cooldown)
          }
          if next < actual, rules.maxDownPercentPerStep != nil {
            #expect(actual - next <= max(1, actual * 30 / 100))
          }
          lastWrite = second
          reached = next
          actual = next
          order = controller.hasWritten(at: second).order
          continue
        case .wait(let until): due = until
        case .stop: due = nil
        case .none: break
        }
        break
      }
    }
  }
}
