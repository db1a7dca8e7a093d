internal import Scaling
internal import Testing
internal import Time

@testable internal import Manifests

private let signals = "signals: [{forecast: {}}]"

struct ActivityAndScalingTests {
  @Test(arguments: ["CRON_TZ=Europe/Berlin", "TZ=Europe/Berlin"])
  func `A period's schedule may begin with the zone of its times`(zone: String) throws {
    let file = decode(
      policy(
        """
        activity: {enabledPeriod: {schedule: "\(zone) 0 8 * * 1-5", duration: 2h}}
        signals: [{forecast: {}}]
        """))
    #expect(file.lines == [])
    let period = try #require(file.policies.first?.activity?.enabledPeriod)
    #expect(period.zone.name == "Europe/Berlin")
    // Friday, 08:00 in Berlin is 07:00 UTC.
    let start = try Instant(rfc3339: "2026-11-20T07:00:00Z")
    #expect(period.state(at: start).isEnabled)
    #expect(!period.state(at: start.advanced(by: .seconds(-1))).isEnabled)
    #expect(!period.state(at: start.advanced(by: .seconds(7200))).isEnabled)
  }

  @Test func `A zone in front of a schedule has to exist`() {
    let file = decode(
      policy(
        """
        activity: {enabledPeriod: {schedule: "CRON_TZ=Europe/Berln 0 8 * * 1-5"}}
        signals: [{forecast: {}}]
        """))
    #expect(file.lines.first?.contains("did you mean Europe/Berlin?") == true)
  }

  @Test func `Every field of activity and scaling arrives in the model`() throws {
    let file = decode(
      policy(
        """
        activity:
          cooldown: 10m
          activeReplicas: 3
          enabledPeriod: {schedule: "30 7 * * *", duration: 12h}
          service: web-svc
        scaling: {cooldown: 2m, cooldownOnUp: false, maxDownPercentPerStep: 25}
        \(signals)
        """))
    #expect(file.lines == [])
    #expect(
      file.policies.first?.activity
        == ActivityRules(
          cooldown: .seconds(600), activeReplicas: 3,
          enabledPeriod: EnabledPeriod(
            schedule: try CronSchedule(text: "30 7 * * *"), duration: .seconds(43_200)),
          service: "web-svc"))
    #expect(
      file.policies.first?.scaling
        == TargetRules(
          cooldown: .seconds(120), cooldownOnUp: false, maxDownPercentPerStep: 25))
  }

  @Test func `Empty mappings mean the defaults`() {
    let file = decode(policy("activity: {}\nscaling: {}\n\(signals)"))
    #expect(file.lines == [])
    #expect(file.policies.first?.activity == ActivityRules())
    #expect(file.policies.first?.scaling == TargetRules())
    #expect(decode(policy(signals)).policies.first?.activity == nil)
  }

  @Test(arguments: [
    RejectedText(
      policy("activity: {cooldown: 0s}\n\(signals)"),
      "5:24: error: spec.activity.cooldown: expected a duration from 1s to 7d, such as 90s or "
        + "1h30m, found the text \"0s\""),
    RejectedText(
      policy("activity: {activeReplicas: 0}\n\(signals)"),
      "5:30: error: spec.activity.activeReplicas: expected a whole number from 1 to 1000000, "
        + "found the number 0"),
    RejectedText(
      policy("activity: {coolDown: 1m}\n\(signals)"),
      "5:14: error: spec.activity.coolDown: unknown field; did you mean cooldown?"),
    RejectedText(
      policy("scaling: {maxDownPercentPerStep: 0}\n\(signals)"),
      "5:36: error: spec.scaling.maxDownPercentPerStep: expected a whole number from 1 to 100, "
        + "found the number 0"),
    RejectedText(
      policy("scaling: {maxDownPercentPerStep: 101}\n\(signals)"),
      "5:36: error: spec.scaling.maxDownPercentPerStep: expected a whole number from 1 to 100, "
        + "found the number 101"),
    RejectedText(
      policy("scaling: {cooldown: 8d}\n\(signals)"),
      "5:23: error: spec.scaling.cooldown: expected a duration from 0s to 7d, such as 90s or "
        + "1h30m, found the text \"8d\""),
    RejectedText(
      policy("scaling: {cooldownOnUp: no}\n\(signals)"),
      "5:27: error: spec.scaling.cooldownOnUp: expected true or false, found the text \"no\"; "
        + "write false"),
    RejectedText(
      policy("limits: {minReplicas: 2}\nactivity: {}\n\(signals)"),
      "6:13: warning: spec.activity: minReplicas is 2, so that the workload is never taken to zero"
    ),
  ])
  func `A mistake is reported at its place`(rejected: RejectedText) {
    expectDiagnostic(rejected)
  }

  @Test func `A step down of 1 and of 100 per cent is legal, and a cooldown of 0`() {
    for scaling in ["maxDownPercentPerStep: 1", "maxDownPercentPerStep: 100", "cooldown: 0s"] {
      #expect(decode(policy("scaling: {\(scaling)}\n\(signals)")).lines == [])
    }
  }
}
