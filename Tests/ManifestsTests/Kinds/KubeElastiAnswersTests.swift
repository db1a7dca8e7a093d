internal import Scaling
internal import Testing
internal import Time

@testable internal import Manifests

/// What KubeElasti does with its services, case by case, as a script of readings: to zero and from
/// zero, the cooldown, the uptime filter, unhealthy triggers, several triggers, the enabled period.
struct KubeElastiAnswersTests {
  /// What the triggers read at some second; nil for a query that fails, as it does for an empty
  /// result, several samples, NaN and infinities.
  struct Step: Sendable {
    var second: Int64
    var values: [Double?]
    /// Of the uptime query; nil where it fails.
    var uptime: Double?
    /// Nil where nothing is certain, and the workload is left as it is.
    var replicas: Int?

    init(_ second: Int64, _ values: [Double?], uptime: Double? = 1, _ replicas: Int?) {
      self.second = second
      self.values = values
      self.uptime = uptime
      self.replicas = replicas
    }
  }

  struct Case: Sendable, CustomTestStringConvertible {
    var what: String
    var fields: String
    var steps: [Step]

    init(_ what: String, _ fields: String = "", _ steps: [Step]) {
      self.what = what
      self.fields = fields
      self.steps = steps
    }

    var testDescription: String { what }
  }

  private static func policy(_ fields: String, triggers: Int) throws -> Policy {
    let trigger = """
        - type: prometheus
          metadata:
            serverAddress: http://prometheus:9090
            query: sum(rate(requests_total[1m])) or vector(0)
            threshold: "0.5"
            uptimeFilter: container="prometheus"

      """
    let file = decode(
      """
      apiVersion: elasti.truefoundry.com/v1alpha1
      kind: ElastiService
      metadata: {name: web, namespace: shop}
      spec:
        scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
        service: web
      \(fields.isEmpty ? "" : fields.split(separator: "\n").map { "  \($0)\n" }.joined())\
        triggers:
      \(String(repeating: trigger, count: triggers))
      """,
      defaults: PolicyDefaults(
        triggerServers: TriggerServers(allowed: ["http://prometheus:9090"])))
    #expect(file.isGood, "\(file.lines)")
    return try #require(file.policies.first)
  }

  /// 2026-11-20T08:00:00Z, a Friday.
  private static let start = Instant(milliseconds: 1_795_161_600_000)

  private static func reading(_ value: Double?, after last: Reading?, at now: Instant) -> Reading {
    if let value { return Reading(value: .sample(value), obtainedAt: now) }
    var reading = last ?? Reading()
    reading.failure = reading.failure ?? Reading.Failure(since: now, message: "the result is empty")
    return reading
  }

  @Test(arguments: [
    Case(
      "to zero, when the query has been below its threshold for the cooldown",
      "cooldownPeriod: 60",
      [
        Step(0, [3], 1), Step(30, [0.49], 1), Step(89, [0], 1), Step(90, [0], 0),
        Step(900, [0], 0),
      ]),
    Case(
      "the threshold itself is active", "cooldownPeriod: 60",
      [Step(0, [0.5], 1), Step(600, [0.5], 1), Step(610, [0.4999], 1), Step(670, [0.4999], 0)]),
    Case(
      "from zero, as soon as the query reaches it, to minTargetReplicas",
      "cooldownPeriod: 60\nminTargetReplicas: 3",
      [Step(0, [0], 3), Step(60, [0], 0), Step(75, [0.5], 3), Step(90, [100], 3)]),
    Case(
      "a cooldown of 0 is one of 900 s", "cooldownPeriod: 0",
      [Step(0, [0], 1), Step(899, [0], 1), Step(900, [0], 0)]),
    Case(
      "no cooldown is one of 900 s", "",
      [Step(0, [0], 1), Step(899, [0], 1), Step(900, [0], 0)]),
    Case(
      "the longest cooldown is a week", "cooldownPeriod: 604800",
      [Step(0, [0], 1), Step(604_799, [0], 1), Step(604_800, [0], 0)]),
    Case(
      "a workload that was active waits one cooldown", "cooldownPeriod: 300",
      [Step(0, [0], 1), Step(299, [0], 1), Step(300, [0], 0)]),
    Case(
      "every trigger has to be below its threshold", "cooldownPeriod: 60",
      [
        Step(0, [0, 3], 1), Step(100, [0, 3], 1), Step(200, [3, 0], 1), Step(300, [0, 0], 1),
        Step(359, [0, 0], 1), Step(360, [0, 0], 0),
      ]),
    Case(
      "one trigger is enough to come back", "cooldownPeriod: 60",
      [Step(0, [0, 0], 1), Step(60, [0, 0], 0), Step(61, [0, 1], 1)]),
    Case(
      "a trigger whose target was not up is unhealthy, and never leads to zero",
      "cooldownPeriod: 60",
      [
        Step(0, [3], 1), Step(30, [0], uptime: 0, 1), Step(5000, [0], uptime: 0, 1),
        Step(5030, [0], uptime: 1, 1), Step(5089, [0], 1), Step(5090, [0], 0),
      ]),
    Case(
      "an uptime query that fails is unhealthy too", "cooldownPeriod: 60",
      [Step(0, [3], 1), Step(30, [0], uptime: nil, 1), Step(5000, [0], uptime: nil, 1)]),
    Case(
      "an unhealthy trigger beside a healthy one", "cooldownPeriod: 60",
      [
        Step(0, [0, 0], uptime: 1, 1), Step(500, [3, 0], uptime: 0, 1),
        Step(600, [3, nil], uptime: 0, 1),
      ]),
    Case(
      "a target that was not up does not keep a busy workload from being active",
      "cooldownPeriod: 60", [Step(0, [3], uptime: 0, 1), Step(600, [3], uptime: nil, 1)]),
    Case(
      "-1 is KubeElasti's sign for no value: never to zero", "cooldownPeriod: 60",
      [Step(0, [-1], 1), Step(600, [-1], 1), Step(630, [0], 1), Step(690, [0], 0)]),
    Case(
      "-1 brings back, as KubeElasti does", "cooldownPeriod: 60",
      [Step(0, [0], 1), Step(60, [0], 0), Step(75, [-1], 1)]),
    Case(
      "a query that fails (empty, NaN, infinite) never leads to zero", "cooldownPeriod: 60",
      [
        Step(0, [3], 1), Step(30, [nil], 1), Step(329, [nil], 1), Step(3000, [nil], 1),
        Step(3030, [0], 1), Step(3089, [0], 1), Step(3090, [0], 0),
      ]),
    Case(
      "a query that fails now and then never leads to zero", "cooldownPeriod: 60",
      [
        Step(0, [0], 1), Step(50, [nil], 1), Step(55, [0], 1), Step(100, [nil], 1),
        Step(105, [0], 1), Step(164, [0], 1), Step(165, [0], 0),
      ]),
    Case(
      "a workload at zero stays there while its query fails", "cooldownPeriod: 60",
      [Step(0, [0], 1), Step(60, [0], 0), Step(90, [nil], 0), Step(5000, [nil], 0)]),
    Case(
      "inside of its enabled period a workload goes to zero, outside of it never",
      "cooldownPeriod: 60\nenabledPeriod: {schedule: \"0 8 * * *\", duration: 1h}",
      [
        Step(0, [0], 1), Step(60, [0], 0), Step(3599, [0], 0), Step(3600, [0], 1),
        Step(86_399, [0], 1), Step(86_400, [0], 1), Step(86_459, [0], 1), Step(86_460, [0], 0),
      ]),
    Case(
      "outside of its enabled period a workload is up though its query fails",
      "cooldownPeriod: 60\nenabledPeriod: {schedule: \"0 9 * * *\", duration: 1h}",
      [Step(0, [nil], 1), Step(3000, [nil], 1)]),
    Case(
      "a period that lasts a day and begins every day is always",
      "cooldownPeriod: 60\nenabledPeriod: {schedule: \"0 0 * * *\", duration: 24h}",
      [Step(0, [0], 1), Step(60, [0], 0), Step(86_400, [0], 0)]),
  ])
  func `What KubeElasti does`(situation: Case) throws {
    let triggers = situation.steps[0].values.count
    let policy = try Self.policy(situation.fields, triggers: triggers)
    var readings = [(value: Reading?, uptime: Reading?)](repeating: (nil, nil), count: triggers)
    // The workload was active until then.
    var memory = Decision.Memory(
      activity: Decision.Activity(last: Self.start, cause: .active))
    for step in situation.steps {
      let now = Self.start.advanced(by: .seconds(step.second))
      for (index, value) in step.values.enumerated() {
        readings[index] = (
          Self.reading(value, after: readings[index].value, at: now),
          // An uptime query that has failed for longer than the hold.
          step.uptime.map { Reading(value: .sample($0), obtainedAt: now) }
            ?? Reading(failure: Reading.Failure(since: now, message: "HTTP 503"))
        )
      }
      let decision = Evaluator.decide(
        policy, readings: readings.map { .prometheus($0.value, uptime: $0.uptime) },
        memory: memory, at: now)
      #expect(
        decision.replicas == step.replicas,
        "at \(step.second) s: \(decision.explanation(at: now))")
      memory = decision.memory
    }
  }

  @Test(arguments: [
    ("", TargetRules.Autoscaler.none), ("autoscaler: {type: keda, name: so}", .keda("so")),
    ("autoscaler: {type: hpa, name: web}", .hpa("web")),
  ])
  func `Autoscalers are known to direct mode, and change no answer`(
    fields: String, autoscaler: TargetRules.Autoscaler
  ) throws {
    let policy = try Self.policy("cooldownPeriod: 60\n" + fields, triggers: 1)
    #expect(policy.scaling.autoscaler == autoscaler)
    // Up raises only, and leaves more as it is; down is to zero.
    #expect(policy.scaling.extent == .toAndFromZero)
    // Who is woken does not wait.
    #expect(policy.scaling.cooldownOnUp == false)
  }

  @Test func `A wake-up lasts for the cooldown`() throws {
    let policy = try Self.policy("cooldownPeriod: 60\nminTargetReplicas: 2", triggers: 1)
    var memory = Decision.Memory(
      activity: Decision.Activity(last: Self.start.advanced(by: .seconds(-600)), cause: .active))
    let idle = Reading(value: .sample(0), obtainedAt: Self.start)
    let up = Reading(value: .sample(1), obtainedAt: Self.start)
    func replicas(at second: Int64) -> Int? {
      let decision = Evaluator.decide(
        policy, readings: [.prometheus(idle, uptime: up)], memory: memory,
        at: Self.start.advanced(by: .seconds(second)))
      memory = decision.memory
      return decision.replicas
    }
    #expect(replicas(at: 0) == 0)
    memory.wokenUp(at: Self.start.advanced(by: .seconds(10)))
    #expect(replicas(at: 10) == 2)
    #expect(replicas(at: 69) == 2)
    #expect(replicas(at: 70) == 0)
  }
}
