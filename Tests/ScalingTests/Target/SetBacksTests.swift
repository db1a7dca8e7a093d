internal import Testing
internal import Time

@testable internal import Scaling

/// When somebody else is found to undo what Headstart writes.
struct SetBacksTests {
  /// Somebody sets the target to 1 before each of these looks, and Headstart to 3 after it.
  private static func contested(
    at looks: [Int64], isDryRun: Bool = false
  ) -> TargetController {
    var controller = TargetController.looking(.of(3), isDryRun: isDryRun)
    _ = controller.sees(1, at: 0)
    _ = controller.hasWritten(at: 0)
    for look in looks {
      _ = controller.timePassed(now: .seconds(look))
      _ = controller.sees(1, at: look)
      _ = controller.hasWritten(at: look)
    }
    return controller
  }

  @Test(arguments: [
    ([], 0, false), ([60], 1, false), ([60, 120], 2, false), ([60, 120, 180], 3, true),
    ([1200, 2400, 3600], 3, true), ([60, 120, 3720], 3, false),
    ([60, 120, 3720, 3780], 4, false), ([60, 120, 3720, 3780, 3840], 5, true),
  ])
  func `Three within an hour are another manager, whatever was written in between`(
    looks: [Int64], total: Int, isContested: Bool
  ) {
    let controller = Self.contested(at: looks)
    #expect(controller.setBacks.total == total)
    #expect(controller.isContested(now: .seconds(looks.last ?? 0)) == isContested)
  }

  @Test func `It is over when an hour has passed without three of them`() {
    let controller = Self.contested(at: [60, 120, 180])
    #expect(controller.isContested(now: .seconds(3659)))
    #expect(!controller.isContested(now: .seconds(3660)))
  }

  @Test func `One is counted once, however often it is seen before it is corrected`() {
    var controller = TargetController.looking(.of(3))
    _ = controller.sees(1, at: 0)
    _ = controller.hasWritten(at: 0)
    for look in [60, 120, 180] as [Int64] {
      _ = controller.timePassed(now: .seconds(look))
      _ = controller.sees(1, at: look)
      _ = controller.writeFailed(
        TargetFailure(.refused, "a quota"), now: .seconds(look), wallClock: wallClock)
    }
    #expect(controller.setBacks.total == 1)
  }

  @Test func `A change of what is wanted, a success and a conflict are none`() {
    var controller = TargetController.looking(.of(3), cooldown: .zero)
    _ = controller.sees(1, at: 0)
    _ = controller.hasWritten(at: 0)
    for (index, wanted) in [5, 2, 9, 0].enumerated() {
      let look = Int64(index + 1)
      _ = controller.decided(.of(wanted), now: .seconds(look))
      _ = controller.sees(controller.replicas ?? 0, at: look)
      _ = controller.fails(.conflict, at: look)
      _ = controller.sees(controller.replicas ?? 0, at: look)
      _ = controller.hasWritten(at: look)
    }
    #expect(controller.setBacks.total == 0)
  }

  @Test func `What changes nothing is not undone`() {
    #expect(Self.contested(at: [60, 120, 180], isDryRun: true).setBacks.total == 0)
  }

  @Test func `What happened while another replica led, or to a target that is gone, is none`() {
    var controller = Self.contested(at: [])
    _ = controller.leadershipLost()
    _ = controller.leadershipGained()
    _ = controller.sees(7, at: 60)
    _ = controller.hasWritten(at: 60)
    _ = controller.timePassed(now: .seconds(120))
    _ = controller.foundMissing("it is gone", now: .seconds(120), wallClock: wallClock)
    _ = controller.timePassed(now: .seconds(180))
    _ = controller.sees(1, at: 180)
    #expect(controller.setBacks.total == 0)
  }

  @Test(arguments: [(0, 2, 5, 0), (2, 0, 0, 1), (0, 2, 0, 1)])
  func `With an autoscaler only the way to zero and back can be undone`(
    before: Int, wanted: Int, seen: Int, total: Int
  ) {
    let rules = TargetRules(extent: .toAndFromZero)
    var controller = TargetController.looking(.of(wanted, rules), cooldown: .zero)
    _ = controller.sees(before, at: 0)
    _ = controller.hasWritten(at: 0)
    // Idle by then, where the autoscaler has raised it.
    if seen > 0 { _ = controller.decided(.of(0, rules), now: .seconds(30)) }
    _ = controller.timePassed(now: .seconds(60))
    _ = controller.sees(wanted == 0 ? 4 : seen, at: 60)
    #expect(controller.setBacks.total == total)
  }
}
