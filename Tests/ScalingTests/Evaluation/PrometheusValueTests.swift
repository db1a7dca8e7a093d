internal import Scaling
internal import TestKit
internal import Testing
internal import Time

/// What the values of a Prometheus query ask for (design section 1).
struct PrometheusValueTests {
  @Test(
    "Replicas are the ceiling of value by threshold",
    arguments: [
      (0, 100, 0, 0), (0.5, 100, 0, 1), (100, 100, 0, 1), (100.001, 100, 0, 2),
      (241.5, 100, 5, 3), (5, 100, 5, 0), (5.000001, 100, 5, 1), (-7, 100, 0, 0),
      (-7, 100, -10, 0), (0.3, 0.1, 0, 3), (0.7, 0.1, 0, 7), (2.1, 0.3, 0, 7),
      (2.1, 0.7, 0, 3), (0.30000000000000004, 0.1, 0, 3), (2.0006, 1, 0, 2),
      (2.0009, 1, 0, 2), (2.0009999999, 1, 0, 3), (0.0004, 1, 0, 1), (1, 0.3336, 0, 3),
      (1, 0.3326, 0, 4), (0.001, 0.0001, 0, 10),
      (1e300, 1e-300, 0, 2_147_483_647), (2_147_483_646.5, 1, 0, 2_147_483_647),
      (2_147_483_648, 1, 0, 2_147_483_647), (.leastNonzeroMagnitude, 1e300, 0, 1),
    ] as [(Double, Double, Double, Int)])
  func prometheusReplicas(
    value: Double, threshold: Double, activationThreshold: Double, replicas: Int
  ) {
    let signal = PrometheusSignal(
      source: "main", query: "q", threshold: threshold, activationThreshold: activationThreshold)
    #expect(signal.replicas(for: value) == replicas)
  }

  @Test(
    "A value that is not finite is no reading",
    arguments: [
      Double.nan, .infinity, -.infinity,
    ])
  func notFinite(value: Double) throws {
    #expect(try Setting([.live(value)]).decide().replicas == nil)
  }

  @Test func `A lost query goes on asking until its hold is over, and then is unknown`() throws {
    var setting = try Setting([.live(300)])
    setting.policy.hold = .upTo(.seconds(300))
    setting.policy.signals[0].required = true
    setting.fail(0, since: "2026-11-20T08:00:00Z", "HTTP 500 from http://prometheus:9090")
    let held = setting.decide("2026-11-20T08:04:59.999Z")
    #expect(held.replicas == 3)
    #expect(held.contributions[0].state == .held)
    #expect(held.contributions[0].problem == "HTTP 500 from http://prometheus:9090")
    #expect(held.contributions[0].lostSince == base)
    #expect(held.validUntil == (try .at("2026-11-20T08:05:00Z")))

    let lost = setting.decide("2026-11-20T08:05:00Z")
    #expect(
      lost.outcome
        == .unavailable(
          reason: "the required signal \"live\" is unknown: lost since 2026-11-20T08:00:00Z, longer"
            + " than the hold of 5m: HTTP 500 from http://prometheus:9090"))
    #expect(lost.contributions[0].value == 300)
  }

  @Test(
    "With an uptime filter zero is for targets that are known to be up",
    arguments: [
      (Reading(value: .sample(1)), 0),
      (Reading(value: .sample(0)), nil),
      (Reading(value: .sample(0.5)), nil),
      (Reading(value: .sample(.nan)), nil),
      (Reading(), nil),
      (nil, nil),
      (Reading(value: .sample(1), failure: .init(since: base, message: "HTTP 500")), nil),
    ] as [(Reading?, Int?)])
  func uptime(reading: Reading?, replicas: Int?) throws {
    var setting = try Setting([.live(0)])
    setting.setUptime(0, reading)
    #expect(setting.decide().replicas == replicas)
    // It is asked about zero alone.
    setting.readings[0] = .prometheus(Reading(value: .sample(1)), uptime: reading)
    #expect(setting.decide().replicas == 1)
    #expect(setting.decide().contributions[0].state == .fresh)
  }
}
