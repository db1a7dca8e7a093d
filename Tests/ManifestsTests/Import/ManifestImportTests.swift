internal import CivilTime
internal import Scaling
internal import Testing
internal import Time

@testable internal import Manifests

/// What other autoscalers did, and what the policies made of them ask.
struct ManifestImportTests {
  private func imported(
    _ texts: String..., queries: [String: String] = [:], timeZone: String = "UTC"
  ) -> ManifestImport {
    var options = ManifestImport.Options()
    options.queries = queries
    options.timeZone = timeZone
    var result = ManifestImport(options: options, zones: decodingZones, now: testNow)
    for text in texts { result.read(Array(text.utf8), path: "old.yaml") }
    result.finish()
    return result
  }

  /// The policies of the output, which has to be accepted.
  private func policies(_ result: ManifestImport) throws -> [Policy] {
    let file = decode((result.dataSources + result.policies).joined(separator: "---\n"))
    try #require(file.isGood, "\(file.lines)")
    return file.policies
  }

  private func scaledObject(_ triggers: String, spec: String = "") -> String {
    """
    apiVersion: keda.sh/v1alpha1
    kind: ScaledObject
    metadata: {name: web, namespace: shop, uid: x}
    spec:
      scaleTargetRef: {name: web}
      \(spec)
      triggers:
    \(triggers)
    """
  }

  private func cron(
    _ start: String, _ end: String, _ replicas: Int, _ zone: String = "Europe/Berlin"
  ) -> String {
    "  - {type: cron, metadata: {timezone: \(zone), start: \"\(start)\", end: \"\(end)\", "
      + "desiredReplicas: \"\(replicas)\"}}"
  }

  /// What the schedules of a policy ask at each minute of a year from Friday 2026-11-20 on.
  private func year(of policy: Policy) throws -> [Int] {
    let end = testNow.advanced(by: .seconds(366 * 86_400))
    var demand = [Int](repeating: 0, count: 366 * 1440)
    for signal in policy.signals {
      guard case .schedule(let schedule) = signal.kind else { continue }
      let timeline = try schedule.timeline(from: testNow, to: end, zones: decodingZones)
      for (index, step) in timeline.steps.enumerated() {
        let next = index + 1 < timeline.steps.count ? timeline.steps[index + 1].start : end
        let range = minute(step.start)..<minute(next)
        for minute in range { demand[minute] = max(demand[minute], step.replicas) }
      }
    }
    return demand
  }

  private func minute(_ instant: Instant) -> Int {
    Int((instant.milliseconds - testNow.milliseconds) / 60_000)
  }

  @Test func `A year of two cron triggers, minute by minute`() throws {
    let result = imported(
      scaledObject(
        cron("0 9 * * 1-5", "0 18 * * 1-5", 10) + "\n"
          + cron("30 2 * * *", "15 22 * * 1-6", 4, "America/New_York")))
    #expect(result.isComplete)
    let policy = try #require(try policies(result).first)
    #expect(policy.leadTime == .zero)
    let walks = [
      try LocalCron("0 9 * * 1-5", "0 18 * * 1-5", "Europe/Berlin"),
      try LocalCron("30 2 * * *", "15 22 * * 1-6", "America/New_York"),
    ].map { $0.active(from: testNow, minutes: 366 * 1440) }
    let wanted = (0..<366 * 1440).map { max(walks[0][$0] ? 10 : 0, walks[1][$0] ? 4 : 0) }
    #expect(try year(of: policy) == wanted)
  }

  @Test func `A year of jobs that each set a size, minute by minute`() throws {
    let result = imported(
      """
      apiVersion: autoscaling.alibabacloud.com/v1beta1
      kind: CronHorizontalPodAutoscaler
      metadata: {name: jobs, namespace: shop}
      spec:
        scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
        jobs:
          - {name: up, schedule: "0 30 8 * * 1-5", targetSize: 12}
          - {name: lunch, schedule: "0 0 12 * * 1-5", targetSize: 20}
          - {name: down, schedule: "0 0 20 * * 1-5", targetSize: 3}
      """, timeZone: "Asia/Shanghai")
    #expect(result.isComplete, "\(result.losses)")
    let policy = try #require(try policies(result).first)
    let demand = try year(of: policy)
    // Shanghai keeps its clock all year, eight hours ahead.
    var size = 3
    for minute in 0..<366 * 1440 {
      let local = Int(testNow.milliseconds / 60_000) + minute + 480
      let isWorkday = (local / 1440 + 3) % 7 < 5
      if isWorkday {
        switch local % 1440 {
        case 510: size = 12
        case 720: size = 20
        case 1200: size = 3
        default: break
        }
      }
      // What held before the first job is not known to anybody.
      guard minute > 1440 else { continue }
      if demand[minute] != size {
        Issue.record("minute \(minute): \(demand[minute]), not \(size)")
        break
      }
    }
    #expect(policy.limits == ReplicaLimits(minReplicas: 3, maxReplicas: 20))
  }

  @Test func `A year of jobs without those of some dates, minute by minute`() throws {
    let result = imported(
      """
      kind: CronHorizontalPodAutoscaler
      metadata: {name: jobs, namespace: shop}
      spec:
        scaleTargetRef: {name: web}
        excludeDates: ["* * * 25-26 12 *", "* * * 1 1 ?", "* * * * 8 *", "* * * * * 0"]
        jobs:
          - {name: up, schedule: "0 30 8 * * *", targetSize: 12}
          - {name: down, schedule: "0 0 20 * * *", targetSize: 3}
          - {name: launch, schedule: "@date 2026-12-24 22:00:00", targetSize: 30}
          - {name: drain, schedule: "@date 2027-02-03 10:00:00", targetSize: 1}
      """)
    #expect(result.isComplete, "\(result.losses)")
    let policy = try #require(try policies(result).first)
    let demand = try year(of: policy)
    var size = 3
    for minute in 0..<366 * 1440 {
      let at = Int(testNow.milliseconds / 60_000) + minute
      let date = CivilDate(daysSince1970: at / 1440)
      let isExcluded =
        [(12, 25), (12, 26), (1, 1)].contains { $0 == (date.month, date.day) } || date.month == 8
        || date.weekday == .sunday
      if !isExcluded {
        switch at % 1440 {
        case 510: size = 12
        case 1200: size = 3
        case 1320 where "\(date)" == "2026-12-24": size = 30
        case 600 where "\(date)" == "2027-02-03": size = 1
        default: break
        }
      }
      guard minute > 1440 else { continue }
      if demand[minute] != size {
        Issue.record("minute \(minute), \(date): \(demand[minute]), not \(size)")
        break
      }
    }
    #expect(policy.limits == ReplicaLimits(minReplicas: 1, maxReplicas: 30))
  }

  @Test(arguments: [
    // The size of the night is kept over the day, which no exception says.
    ("22 * * *", "6 * * *", "* * * 25 12 *"), ("8 * * *", "20 * * *", "* * * L 12 *"),
    ("8 * * *", "20 * * *", "* * * 1 * *"),
  ])
  func `Excluded dates that exceptions cannot say are said`(up: String, down: String, date: String)
  {
    let result = imported(
      """
      kind: CronHorizontalPodAutoscaler
      metadata: {name: jobs}
      spec:
        scaleTargetRef: {name: web}
        excludeDates: ["\(date)"]
        jobs:
          - {name: up, schedule: "0 0 \(up)", targetSize: 12}
          - {name: down, schedule: "0 0 \(down)", targetSize: 3}
      """)
    #expect(result.losses.count == 1 && result.losses[0].contains("excludeDates"))
    #expect(result.policies.first?.contains("except") == false)
  }

  @Test func `Spans of time and an exclusion of kube-downscaler are instants`() throws {
    let result = imported(
      """
      apiVersion: apps/v1
      kind: Deployment
      metadata:
        name: web
        annotations:
          downscaler/downtime: "2026-12-24T18:00:00+01:00-2026-12-27T06:00:00+01:00, Sat-Sun 10:00-12:00 UTC"
          downscaler/exclude-until: "2026-11-22T11:00:00Z"
      spec: {replicas: 6}
      """)
    #expect(result.isComplete, "\(result.losses)")
    let demand = try year(of: try #require(try policies(result).first))
    let christmas = try Instant(rfc3339: "2026-12-24T17:00:00Z")
    let after = try Instant(rfc3339: "2026-12-27T05:00:00Z")
    let excluded = try Instant(rfc3339: "2026-11-22T11:00:00Z")
    let wanted = (0..<366 * 1440).map { minute in
      let at = testNow.advanced(by: .seconds(minute * 60))
      if at < excluded { return 6 }
      if christmas <= at, at < after { return 0 }
      let local = Int(at.milliseconds / 60_000)
      let isWeekend = (local / 1440 + 3) % 7 >= 5
      return isWeekend && (600..<720).contains(local % 1440) ? 0 : 6
    }
    #expect(demand == wanted)
  }

  @Test func `A year of uptime, minute by minute`() throws {
    let result = imported(
      """
      apiVersion: apps/v1
      kind: Deployment
      metadata:
        name: web
        namespace: shop
        annotations: {downscaler/uptime: "Mon-Fri 07:30-20:30 Etc/GMT-3, Sat-Sun 10:00-12:00 Etc/GMT-3"}
      spec: {replicas: 6}
      """,
      """
      kind: Namespace
      metadata: {name: shop, annotations: {downscaler/downtime-replicas: "1"}}
      """)
    #expect(result.isComplete, "\(result.losses)")
    let policy = try #require(try policies(result).first)
    let demand = try year(of: policy)
    let wanted = (0..<366 * 1440).map { minute in
      let local = Int(testNow.milliseconds / 60_000) + minute + 180
      let day = (local / 1440 + 3) % 7
      let hours = day < 5 ? 450..<1230 : 600..<720
      return hours.contains(local % 1440) ? 6 : 1
    }
    #expect(demand == wanted)
    #expect(result.scaledObjects.count == 1)
  }

  @Test func `A prometheus trigger becomes a query of a data source, with KEDA's defaults`() throws
  {
    let result = imported(
      scaledObject(
        """
          - type: prometheus
            metadata:
              serverAddress: https://prometheus.monitoring.svc:9090/
              query: sum(rate(x{a="b"}[1m]))
              threshold: "100"
              activationThreshold: "5"
              namespace: team-a
              customHeaders: X-Scope-OrgID=a
              timeout: "2000"
        """))
    #expect(result.isComplete, "\(result.losses)")
    var signal = PrometheusSignal(
      source: "prometheus-monitoring-svc-9090", query: "sum(rate(x{a=\"b\"}[1m]))", threshold: 100,
      activationThreshold: 5, onEmpty: .zero)
    signal.options = RequestOptions(parameters: ["namespace": "team-a"])
    #expect(
      try policies(result).first?.signals == [
        Signal(name: "prometheus", kind: .prometheus(signal))
      ])
    let source = try #require(decode(result.dataSources.joined()).dataSources.first)
    #expect(source.headers == ["X-Scope-OrgID": "a"])
    #expect(source.timeout == .seconds(2))
    let text = try #require(result.scaledObjects.first)
    #expect(text.contains("type: external-push"))
    #expect(!text.contains("uid"))
  }

  @Test(arguments: [
    (
      "  - {type: kafka, metadata: {topic: x}}", "",
      "triggers[1] of type kafka stays a trigger of the ScaledObject"
    ),
    (
      "  - {type: prometheus, metadata: {serverAddress: http://p, query: up, threshold: '1', authModes: bearer}}",
      "", "triggers[1] has authModes bearer: mount the secret"
    ),
    (
      "  - {type: prometheus, metadata: {serverAddress: http://p, query: up, threshold: '1', activationThreshold: '5'}}",
      "", "triggers[1] has an activationThreshold of 5 and a threshold of 1"
    ),
    (
      "  - {type: prometheus, metricType: Value, metadata: {serverAddress: http://p, query: up, threshold: '1'}}",
      "", "triggers[1] has metricType Value"
    ),
    (
      "  - {type: cron, metadata: {timezone: Mars, start: 0 9 * * *, end: 0 10 * * *, desiredReplicas: '1'}}",
      "", "triggers[1] has the timezone Mars, which is not known here"
    ),
    (
      "  - {type: cron, metadata: {timezone: UTC, start: 0 25 * * *, end: 0 10 * * *, desiredReplicas: '1'}}",
      "", "triggers[1]: the hour is \"25\""
    ),
    ("", "idleReplicaCount: 0", "idleReplicaCount stays in the ScaledObject"),
    (
      "  - {type: prometheus, metadata: {serverAddress: \"http://me:s3cret@p:9090/x\", query: up, threshold: '1'}}",
      "", "triggers[1] has a user and a password in its serverAddress"
    ),
    (
      "  - {type: prometheus, metadata: {serverAddress: \"http://p:9090/x?y=1\", query: up, threshold: '1'}}",
      "", "triggers[1] has a serverAddress with ? or #"
    ),
    (
      "  - {type: prometheus, metadata: {serverAddress: \"p:9090\", query: up, threshold: '1'}}",
      "",
      "triggers[1] has a serverAddress that cannot be used: it has to start with http:// or https://"
    ),
  ])
  func `What cannot be carried over is said, in the output too`(
    trigger: String, spec: String, loss: String
  ) throws {
    let result = imported(
      scaledObject(cron("0 9 * * *", "0 18 * * *", 3) + "\n" + trigger, spec: spec))
    #expect(!result.isComplete)
    #expect(result.losses.contains { $0.contains(loss) }, "\(result.losses)")
    #expect(result.policies.first?.contains("# NOT CARRIED OVER: \(loss)") == true)
    _ = try policies(result)
    #expect(!result.text.contains("s3cret"))
  }

  @Test func `scalingModifiers are refused by name`() {
    let result = imported(
      scaledObject(
        cron("0 9 * * *", "0 18 * * *", 3),
        spec: "advanced: {scalingModifiers: {formula: a + b, target: '1'}}"))
    #expect(result.policies.isEmpty)
    #expect(result.problems.first?.contains("advanced.scalingModifiers") == true)
  }

  @Test func `Jobs in no order, jobs that run once, and dates that cannot be said are said`() {
    let result = imported(
      """
      kind: CronHorizontalPodAutoscaler
      metadata: {name: jobs}
      spec:
        scaleTargetRef: {name: web}
        excludeDates: ["* * * 1 1 1"]
        jobs:
          - {name: a, schedule: "0 0 8 * * *", targetSize: 12}
          - {name: b, schedule: "0 0 12 * * 1", targetSize: 20}
          - {name: c, schedule: "0 0 20 * * *", targetSize: 3}
          - {name: once, schedule: "@date 2020-12-01 00:00:00", targetSize: 1}
          - {name: seconds, schedule: "30 0 20 * * *", targetSize: 3}
      """)
    #expect(
      result.losses.map { $0.split(separator: ":").dropFirst().joined(separator: ":") }.contains {
        $0.contains("do not follow each other in one order")
      })
    #expect(result.losses.contains { $0.contains("once, runs once") }, "\(result.losses)")
    #expect(result.losses.contains { $0.contains("starts at the second 30") })
  }

  @Test func `An HPA's external metric needs its query, and keeps its behaviour`() throws {
    let text = """
      apiVersion: autoscaling/v2
      kind: HorizontalPodAutoscaler
      metadata: {name: web, namespace: shop}
      spec:
        scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
        minReplicas: 2
        maxReplicas: 30
        behavior: {scaleDown: {stabilizationWindowSeconds: 60}}
        metrics:
          - type: External
            external: {metric: {name: rps}, target: {type: AverageValue, averageValue: 500m}}
      """
    let without = imported(text)
    #expect(without.losses.first?.contains("--metric rps='PROMQL'") == true)
    let result = imported(text, queries: ["rps": "sum(rate(x[1m]))"])
    #expect(result.isComplete, "\(result.losses)")
    #expect(
      try policies(result).first?.signals == [
        Signal(
          name: "prometheus",
          kind: .prometheus(
            PrometheusSignal(source: "default", query: "sum(rate(x[1m]))", threshold: 0.5)))
      ])
    #expect(result.scaledObjects.first?.contains("stabilizationWindowSeconds") == true)
  }
}
