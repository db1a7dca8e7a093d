internal import Scaling
internal import Testing
internal import Time

@testable internal import Manifests

/// Objects with something in them that `import` cannot carry over, or has to look at twice.
struct ImportMistakesTests {
  private func imported(_ text: String, queries: [String: String] = [:]) -> ManifestImport {
    var options = ManifestImport.Options()
    options.queries = queries
    var result = ManifestImport(options: options, zones: decodingZones, now: testNow)
    result.read(Array(text.utf8), path: "old.yaml")
    result.finish()
    return result
  }

  /// The policies of the output, which has to be accepted.
  private func policies(_ result: ManifestImport) throws -> [Policy] {
    let file = decode((result.dataSources + result.policies).joined(separator: "---\n"))
    try #require(file.isGood, "\(file.lines)")
    return file.policies
  }

  @Test func `A trigger that stays keeps its metricType without a word`() {
    let result = imported(
      """
      kind: ScaledObject
      metadata: {name: web}
      spec:
        triggers:
        - type: cron
          metadata: {timezone: UTC, start: 0 9 * * *, end: 0 18 * * *, desiredReplicas: "3"}
        - {type: cpu, metricType: Utilization, metadata: {value: "50"}}
      """)
    #expect(result.losses.count == 1 && result.losses[0].contains("of type cpu stays"))
  }

  @Test func `A name that looks like a number stays a name`() throws {
    let result = imported(
      "kind: ScaledObject\nmetadata: {name: \"404\", namespace: \"on\"}\nspec: {triggers: ["
        + "{type: prometheus, metadata: {serverAddress: \"http://1\", query: up, threshold: '1'}}]}"
    )
    #expect(try policies(result).map(\.name.description) == ["on/404"])
  }

  @Test(arguments: [
    ("downscaler/upscale-period: \"Mon-Fri 07:30-20:30 UTC\"", "downscaler/upscale-period is not"),
    ("downscaler/uptime: always, downscaler/force-downtime: \"true\"", "downscaler/force-downtime"),
    ("downscaler/original-replicas: \"5\"", "took it down by flags of its own"),
    ("downscaler/uptime: always, downscaler/downtime-replicas: some", "\"some\" is no number"),
    ("downscaler/uptime: Sun-Thu 20:00-06:00 UTC", "it ends before it begins: over midnight write"),
    ("downscaler/uptime: Mon-Fri 07:30-20:30", "it names no time zone"),
    ("downscaler/uptime: Mon-Fri 07:30-20:30 CEST", "there is no time zone \"CEST\""),
  ])
  func `What kube-downscaler does and import does not is said`(annotations: String, loss: String) {
    let result = imported(
      "kind: Deployment\nmetadata: {name: web, annotations: {\(annotations)}}\nspec: {replicas: 3}")
    #expect(!result.isComplete)
    #expect(result.losses.contains { $0.contains(loss) }, "\(result.losses)")
  }

  @Test(arguments: [
    "", "kind: Deployment\nmetadata: {name: web}\nspec: {replicas: 3}",
    "kind: Deployment\nmetadata: {name: web, annotations: {downscaler/exclude: \"True\"}}",
  ])
  func `Nothing to import is said`(text: String) {
    let result = imported(text)
    #expect(!result.isComplete && result.losses.isEmpty)
    #expect(result.problems.count == 1 && result.problems[0].contains("nothing to import here"))
  }

  @Test func `Jobs that set an HPA are pointed out`() throws {
    let result = imported(
      """
      kind: CronHorizontalPodAutoscaler
      metadata: {name: web}
      spec:
        scaleTargetRef: {apiVersion: autoscaling/v1, kind: HorizontalPodAutoscaler, name: web}
        jobs:
        - {name: up, schedule: "0 0 8 * * *", targetSize: 10}
        - {name: down, schedule: "0 0 20 * * *", targetSize: 2}
      """)
    #expect(result.losses.count == 1 && result.losses[0].contains("is an HPA"), "\(result.losses)")
    _ = try policies(result)
  }

  @Test func `The selector of an external metric is pointed out`() throws {
    func metric(_ selector: String) -> String {
      "{type: External, external: {metric: {name: rps, selector: {matchLabels: {a: \(selector)}}}, "
        + "target: {type: AverageValue, averageValue: 1Ki}}}"
    }
    func hpa(_ metrics: String...) -> ManifestImport {
      imported(
        "kind: HorizontalPodAutoscaler\nmetadata: {name: web}\nspec: {maxReplicas: 3, scaleTargetRef: "
          + "{kind: Deployment, name: web}, metrics: [\(metrics.joined(separator: ", "))]}",
        queries: ["rps": "up"])
    }
    let one = hpa(metric("b"))
    #expect(one.isComplete, "\(one.losses)")
    #expect(one.policies[0].contains("# Better: metrics[0], rps, has the selector"))
    #expect(one.policies[0].contains("threshold: 1024"))
    _ = try policies(one)
    let two = hpa(metric("b"), metric("c"))
    #expect(two.losses.count == 1 && two.losses[0].contains("another one of that name"))
  }
}
