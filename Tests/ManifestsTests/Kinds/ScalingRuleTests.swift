internal import Scaling
internal import Testing
internal import Time

@testable internal import Manifests

/// A ScalingRule with these lines as its `spec`, which begins in line 5, indented by two.
private func scalingRule(_ spec: String, metadata: String = "{name: x, namespace: shop}") -> String
{
  let lines = spec.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n")
  return """
    apiVersion: easyscale.io/v1
    kind: ScalingRule
    metadata: \(metadata)
    spec:
    \(lines)

    """
}

/// One rule, in line 8, indented by four.
private func ruleOf(_ fields: String, limits: String = "{}") -> String {
  scalingRule(
    """
    target: {kind: Deployment, name: web, namespace: shop}
    default: {replicas: 2}
    limits: \(limits)
    schedule: [{\(fields)}]
    """)
}

struct ScalingRuleTests {
  @Test func `A name with capitals is taken for the name without, as EasyScale takes it`() {
    let spec =
      "target: {kind: Deployment, name: web}\ndefault: {replicas: 2}\nschedule: [{replicas: 3}]"
    let file = decode(scalingRule(spec, metadata: "{name: Shop-Rule, namespace: shop}"))
    #expect(file.isGood && file.policies.map(\.name.name) == ["shop-rule"])
    #expect(
      file.lines == [
        "a.yaml:3:18: warning: metadata.name: \"Shop-Rule\" is taken for shop-rule: names of"
          + " Kubernetes have no capitals"
      ])
    let other = decode(scalingRule(spec, metadata: "{name: Shop Rule, namespace: shop}"))
    #expect(!other.isGood && other.lines.contains { $0.hasSuffix("; write shop-rule") })
  }

  @Test func `Every field arrives in the model`() throws {
    let file = decode(
      scalingRule(
        """
        target: {kind: StatefulSet, name: db, namespace: shop}
        default: {replicas: 2}
        limits: {minReplicas: 1, maxReplicas: 20}
        schedule:
        - name: Lunch
          days: [Monday, Friday]
          dates: ["2026-11-27"]
          timeStart: "11:30"
          timeEnd: 13:30:00
          replicas: 15
          priority: 200
          timezone: America/New_York
        - {name: Always, replicas: 3}
        """))
    #expect(file.lines == [])
    let rules = [
      ScheduleRule(
        name: "Lunch", days: [.monday, .friday],
        dates: [try #require(CivilDate(year: 2026, month: 11, day: 27))],
        start: try #require(TimeOfDay(minutes: 690)), end: try #require(TimeOfDay(minutes: 810)),
        replicas: 15, priority: 200, timeZone: "America/New_York"),
      ScheduleRule(name: "Always", replicas: 3),
    ]
    #expect(
      file.policies == [
        Policy(
          name: ResourceName(namespace: "shop", name: "x"), leadTime: .zero,
          limits: ReplicaLimits(minReplicas: 1, maxReplicas: 20),
          signals: [
            Signal(
              name: "schedule", kind: .schedule(Schedule(defaultReplicas: 2, rules: rules)))
          ], kind: .scalingRule,
          scaleTarget: ScaleTarget(
            apiVersion: "apps/v1", kind: "StatefulSet", name: "db", namespace: "shop"))
      ])
    #expect(file.policies[0].scaling == TargetRules())
    #expect(file.policies[0].activity == nil)
  }

  @Test func `The spelling of EasyScale's CRD means the same`() {
    let file = decode(
      scalingRule(
        """
        target: {kind: Deployment, name: web, namespace: shop}
        timezone: Europe/Paris
        default: {replicas: 2}
        limits: {min_replicas: 1, max_replicas: 9}
        schedule:
        - name: Twice
          days: [Monday]
          time_ranges: [{start: "08:00", end: "10:00"}, {start: "14:00", end: "16:00"}]
          replicas: 5
        """))
    #expect(
      file.lines == [
        "a.yaml:6:13: warning: spec.timezone: EasyScale ignores it, and takes UTC for rules without a "
          + "timezone; here it is Europe/Paris",
        "a.yaml:12:18: warning: spec.schedule[0].time_ranges: EasyScale ignores them, and the rule "
          + "lasts the whole day there; here they hold. timeStart and timeEnd hold in both",
      ])
    let policy = file.policies.first
    #expect(policy?.limits == ReplicaLimits(minReplicas: 1, maxReplicas: 9))
    guard case .schedule(let schedule)? = policy?.signals.first?.kind else {
      Issue.record("no schedule")
      return
    }
    #expect(schedule.timeZone == "Europe/Paris")
    #expect(schedule.rules.map(\.name) == ["Twice", "Twice"])
    #expect(schedule.rules.map(\.start.description) == ["08:00", "14:00"])
    #expect(schedule.rules.map(\.end.description) == ["10:00", "16:00"])
  }

  @Test func `A range of times has an end`() {
    let file = decode(ruleOf("replicas: 3, time_ranges: [{start: \"09:00\"}]"))
    #expect(
      file.lines.last
        == "a.yaml:8:42: error: spec.schedule[0].time_ranges[0].end: missing; it is required")
    #expect(!file.isGood)
  }

  @Test(arguments: [
    ("{name: x, namespace: shop}", "", "shop"), ("{name: x}", "", "default"),
    ("{name: x}", ", namespace: other", "other"),
  ])
  func `The workload's namespace is the target's, the rule's, or default`(
    metadata: String, target: String, namespace: String
  ) {
    let file = decode(
      scalingRule(
        """
        target: {kind: Deployment, name: web\(target)}
        default: {replicas: 2}
        schedule: [{name: a, replicas: 3}]
        """, metadata: metadata))
    #expect(file.lines == [])
    #expect(file.policies.first?.scaleTarget?.namespace == namespace)
  }

  @Test func `An object as the API server sends it is read, its status ignored`() {
    let file = decode(
      """
      {"apiVersion": "easyscale.io/v1", "kind": "ScalingRule",
       "metadata": {"name": "x", "namespace": "shop", "uid": "u", "resourceVersion": "7",
         "generation": 2, "creationTimestamp": "2026-11-20T08:00:00Z", "labels": {"a": "b"},
         "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}\\n"},
         "managedFields": [{"manager": "kubectl", "fieldsV1": {"f:spec": {".": {}}}}]},
       "spec": {"target": {"kind": "Deployment", "name": "web", "namespace": "shop"},
         "default": {"replicas": 2}, "schedule": [{"name": "a", "replicas": 3, "priority": 0}]},
       "status": {"conditions": [{"type": "Ready"}], "currentReplicas": 2}}
      """)
    #expect(file.lines == [])
    #expect(file.policies.count == 1)
  }

  @Test(arguments: [
    RejectedText(
      scalingRule("default: {replicas: 2}\nschedule: [{replicas: 1}]"),
      "5:3: error: spec.target: missing; it is required"),
    RejectedText(
      scalingRule("target: {kind: Deployment, name: a}\nschedule: [{replicas: 1}]"),
      "5:3: error: spec.default: missing; it is required"),
    RejectedText(
      scalingRule("target: {kind: Deployment, name: a}\ndefault: {replicas: 2}"),
      "5:3: error: spec.schedule: missing; it is required"),
    RejectedText(
      scalingRule("target: {kind: Deployment, name: a}\ndefault: {replicas: 2}\nschedule: []"),
      "7:13: error: spec.schedule: expected at least one rule, found an empty list"),
    RejectedText(
      scalingRule(
        "target: {kind: DaemonSet, name: a}\ndefault: {replicas: 2}\nschedule: [{replicas: 1}]"),
      "5:18: error: spec.target.kind: expected Deployment or StatefulSet, "
        + "found the text \"DaemonSet\""),
    RejectedText(
      scalingRule(
        "target: {kind: Deployment, name: a}\ndefault: {}\nschedule: [{replicas: 1}]"),
      "6:12: error: spec.default.replicas: missing; it is required"),
    RejectedText(
      ruleOf("name: a"), "8:14: error: spec.schedule[0].replicas: missing; it is required"),
    RejectedText(
      ruleOf("name: a, replicas: -1"),
      "8:34: error: spec.schedule[0].replicas: expected a whole number from 0 to 1000000, "
        + "found the number -1"),
    RejectedText(
      ruleOf("replicas: 3, timeZone: UTC"),
      "8:28: warning: spec.schedule[0].timeZone: unknown field; did you mean timezone?"),
    RejectedText(
      ruleOf("replicas: 3, start: \"09:00\""),
      "8:28: warning: spec.schedule[0].start: unknown field; known here: name, days, dates, "
        + "timeStart, timeEnd, time_ranges, replicas, priority, timezone"),
    RejectedText(
      ruleOf("replicas: 3, timezone: Europe/Pariss"),
      "8:38: error: spec.schedule[0].timezone: expected an IANA time zone such as Europe/Paris, "
        + "found the text \"Europe/Pariss\"; did you mean Europe/Paris?"),
    RejectedText(
      ruleOf("replicas: 3, days: [Mondy]"),
      "8:35: error: spec.schedule[0].days[0]: expected a day of the week such as Monday or Mon, "
        + "or a range such as Mon-Fri, "
        + "found the text \"Mondy\"; did you mean Monday?"),
    RejectedText(
      ruleOf("replicas: 3, timeStart: \"09:00:30\""),
      "8:39: error: spec.schedule[0].timeStart: expected a time from 00:00 to 24:00 written HH:MM, "
        + "found the text \"09:00:30\"; leave out the seconds"),
    RejectedText(
      ruleOf("replicas: 3, timeStart: \"09:00\", timeEnd: \"09:00\""),
      "8:57: error: spec.schedule[0].timeEnd: timeStart is 09:00 and timeEnd 09:00, "
        + "which leaves no time between them"),
    RejectedText(
      ruleOf("replicas: 3, timeEnd: \"00:00\""),
      "8:37: error: spec.schedule[0].timeEnd: timeStart is 00:00 and timeEnd 00:00, "
        + "which leaves no time between them"),
    RejectedText(
      ruleOf("replicas: 3, timeStart: \"09:00\", time_ranges: []"),
      "8:61: error: spec.schedule[0].time_ranges: timeStart or timeEnd is given too; "
        + "a rule has one or the other"),
    RejectedText(
      ruleOf("replicas: 3, priority: \"7\""),
      "8:38: warning: spec.schedule[0].priority: \"7\" is taken for the number 7; leave out the quotes"
    ),
    RejectedText(
      ruleOf("replicas: 2", limits: "{minReplicas: 2, maxReplicas: 1}"),
      "7:41: error: spec.limits.maxReplicas: expected at least minReplicas, which is 2, "
        + "found the number 1"),
    RejectedText(
      ruleOf("replicas: 3", limits: "{minReplicas: 1, min_replicas: 1}"),
      "7:42: error: spec.limits.min_replicas: minReplicas is given too; leave one of them out"),
    // Warnings.
    RejectedText(
      ruleOf("replicas: 3, days: [Friday], timeStart: \"22:00\", timeEnd: \"06:00\""),
      "8:73: warning: spec.schedule[0].timeEnd: timeEnd is before timeStart, so that the rule "
        + "goes on to 06:00 of the next day; EasyScale refuses it"),
    RejectedText(
      ruleOf("replicas: 9", limits: "{minReplicas: 1, maxReplicas: 8}"),
      "8:25: warning: spec.schedule[0].replicas: 9 is above maxReplicas, so that 8 will hold"),
    RejectedText(
      scalingRule(
        "target: {kind: Deployment, name: a, namespace: b}\ndefault: {replicas: 2}\n"
          + "schedule: [{replicas: 1}]"),
      "5:50: warning: spec.target.namespace: the workload is in the namespace b, its rule in shop"),
  ])
  func `A mistake is reported at its place`(rejected: RejectedText) {
    expectDiagnostic(rejected)
  }
}
