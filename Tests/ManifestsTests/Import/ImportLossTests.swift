internal import Scaling
internal import Testing
internal import Time

@testable internal import Manifests

/// What `import` must never lose without a word, and what its output must not be: refused by `check`.
struct ImportLossTests {
  private func imported(_ text: String, queries: [String: String] = [:]) -> ManifestImport {
    var options = ManifestImport.Options()
    options.queries = queries
    var result = ManifestImport(options: options, zones: decodingZones, now: testNow)
    result.read(Array(text.utf8), path: "old.yaml")
    result.finish()
    return result
  }

  /// The output, which has to be accepted.
  private func accepted(_ result: ManifestImport) throws -> ManifestDecoder.File {
    let file = decode((result.dataSources + result.policies).joined(separator: "---\n"))
    try #require(file.isGood, "\(file.lines)")
    return file
  }

  /// A ScaledObject with one trigger.
  private func scaledObject(_ type: String, _ metadata: String, spec: String = "") -> String {
    """
    kind: ScaledObject
    metadata: {name: web}
    spec:
      scaleTargetRef: {name: web}
      \(spec)
      triggers: [{type: \(type), metadata: {\(metadata)}}]
    """
  }

  private func prometheus(_ more: String, spec: String = "") -> String {
    scaledObject(
      "prometheus",
      "serverAddress: \"http://prom:9090\", query: up, threshold: \"10\"\(more)", spec: spec)
  }

  private func signal(_ result: ManifestImport) throws -> PrometheusSignal {
    let signals = try accepted(result).policies.flatMap(\.signals)
    guard case .prometheus(let signal)? = signals.first?.kind else {
      throw Missing(text: result.text)
    }
    return signal
  }

  private struct Missing: Error {
    var text: String
  }

  @Test(arguments: [
    ("false", EmptyResult.error), ("0", .error), ("f", .error), ("F", .error), ("False", .error),
    ("true", .zero), ("1", .zero), ("T", .zero), ("", .zero),
  ])
  func `ignoreNullValues is read as KEDA reads it`(text: String, expected: EmptyResult) throws {
    let result = imported(prometheus(", ignoreNullValues: \"\(text)\""))
    #expect(result.isComplete, "\(result.losses)")
    #expect(try signal(result).onEmpty == expected)
  }

  @Test func `Headers are taken without the blanks around them, the last of a name`() throws {
    let result = imported(
      prometheus(", customHeaders: \"X-Scope-OrgID=a, X-B = c=d ,x-b=e\", unsafeSsl: \"1\""))
    #expect(result.isComplete, "\(result.losses)")
    _ = try accepted(result)
    #expect(result.dataSources[0].contains(#"headers: {"X-Scope-OrgID": "a", "x-b": "e"}"#))
    #expect(result.dataSources[0].contains("insecureSkipVerify: true"))
  }

  @Test(arguments: [
    (", customHeaders: \"nope,Host=x,A=\"", "has \"nope\" in customHeaders"),
    (", customHeaders: \"nope,Host=x,A=\"", "has \"Host\" in customHeaders"),
    (", customHeaders: \"nope,Host=x,A=\"", "has \"A\" in customHeaders"),
    (", queryParameters: \"time=1\"", "has \"time\" in queryParameters"),
    (", ignoreNullValues: \"no\"", "ignoreNullValues no, which is neither true nor false"),
    (", unsafeSsl: \"yes\"", "unsafeSsl yes, which is neither true nor false"),
    (", timeout: 5s", "the timeout 5s, which is no number of milliseconds"),
    (", timeout: \"7200000\"", "the timeout 7200000"),
    (", activationThreshold: \"-1\"", "write minReplicas: 1 into its limits"),
    (", activationThreshold: few", "the activationThreshold few, which is no number"),
    (", cortexOrgID: team", "has cortexOrgID, which is not read"),
  ])
  func `What a query trigger says and a policy does not is said`(more: String, loss: String) throws
  {
    let result = imported(prometheus(more))
    #expect(result.losses.contains { $0.contains(loss) }, "\(result.losses)")
    #expect(result.policies[0].contains("# NOT CARRIED OVER: "))
    _ = try accepted(result)
  }

  @Test(arguments: [
    ("prometheus", "serverAddress: \"http://p\", query: up", "has no threshold"),
    (
      "prometheus", "serverAddressFromEnv: P, query: up, threshold: 1",
      "has no serverAddress; serverAddressFromEnv names the workload's environment"
    ),
    ("prometheus", "serverAddress: \"http://p\", query: up, threshold: \"0\"", "the threshold 0"),
    ("cron", "start: 0 8 * * *, end: 0 18 * * *, desiredReplicas: \"3\"", "has no timezone"),
    (
      "cron", "timezone: UTC, start: 0 8 * * *, end: 0 18 * * *, desiredReplicas: \"0\"",
      "desiredReplicas 0, which is no whole number above 0"
    ),
    (
      "cron", "timezone: UTC, start: 0 0 8 * * *, end: 0 18 * * *, desiredReplicas: \"3\"",
      "leave out the seconds: \"0 8 * * *\""
    ),
  ])
  func `A trigger that cannot be read is named by what is wrong with it`(
    type: String, metadata: String, loss: String
  ) {
    let result = imported(scaledObject(type, metadata))
    #expect(result.policies.isEmpty && result.losses.count == 1)
    #expect(result.losses.contains { $0.contains(loss) }, "\(result.losses)")
  }

  @Test(arguments: ["1e2", ".5", "5.", "+5"])
  func `A threshold is a number in the output too`(text: String) throws {
    let result = imported(
      scaledObject(
        "prometheus", "serverAddress: \"http://p\", query: up, threshold: \"\(text)\""))
    #expect(try signal(result).threshold == Double(text))
  }

  @Test func `What check refuses is said by import`() {
    let result = imported(
      scaledObject("prometheus", "serverAddress: \"http://p\", query: sum(up, threshold: 1")
        .replacing(
          "scaleTargetRef", with: "minReplicaCount: 3\n  maxReplicaCount: 2\n  scaleTargetRef"))
    #expect(result.losses.count == 2)
    #expect(result.losses.allSatisfy { $0.contains("check refuses this policy: spec.") })
  }

  @Test func `A trigger that asks Headstart already is no other trigger`() {
    let address = ManifestImport.Options().scalerAddress
    let only = imported(scaledObject("external-push", "scalerAddress: \"\(address)\""))
    #expect(only.policies.isEmpty && only.losses == ["ScaledObject web: it asks Headstart already"])
    let both = imported(
      """
      kind: ScaledObject
      metadata: {name: web}
      spec:
        triggers:
        - {type: external-push, metadata: {scalerAddress: "\(address)"}}
        - {type: cron, metadata: {timezone: UTC, start: 0 8 * * *, end: 0 9 * * *, desiredReplicas: 2}}
      """)
    #expect(both.losses.count == 1 && both.losses[0].contains("asks Headstart already, and stays"))
  }

  // MARK: Several objects

  private let hpa = """
    kind: HorizontalPodAutoscaler
    metadata: {name: NAME, namespace: shop OWNER}
    spec:
      scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
      maxReplicas: 9
      metrics:
      - {type: External, external: {metric: {name: rps}, target: {type: AverageValue, averageValue: "1e3"}}}
    """

  @Test func `An HPA that KEDA made is its ScaledObject's`() {
    let owned =
      hpa.replacing("NAME", with: "keda-hpa-web").replacing(
        " OWNER", with: ", ownerReferences: [{kind: ScaledObject, name: web}]")
    let cron = scaledObject(
      "cron", "timezone: UTC, start: 0 8 * * *, end: 0 18 * * *, desiredReplicas: \"3\""
    ).replacing("{name: web}\nspec", with: "{name: web, namespace: shop}\nspec")
    let both = imported("\(owned)\n---\n\(cron)")
    #expect(both.isComplete && both.policies.count == 1, "\(both.losses) \(both.problems)")
    let alone = imported(owned)
    #expect(alone.problems.contains { $0.contains("belongs to ScaledObject shop/web") })
  }

  @Test func `Two objects of one name or one workload are told apart`() throws {
    let two = """
      \(hpa.replacing("NAME", with: "web").replacing(" OWNER", with: ""))
      ---
      kind: Deployment
      metadata: {name: web, namespace: shop, annotations: {downscaler/uptime: Mon-Fri 07:30-20:30 UTC}}
      spec: {replicas: 4}
      """
    let result = imported(two, queries: ["rps": "sum(rps)"])
    let names = try accepted(result).policies.map(\.name.description)
    #expect(names == ["shop/web", "shop/web-2"])
    #expect(result.scaledObjects.count == 2 && result.scaledObjects[1].contains("name: web-2"))
    #expect(result.losses.contains { $0.contains("scales Deployment/web too, and KEDA takes one") })
    #expect(result.losses.contains { $0.contains("this one is web-2") }, "\(result.losses)")
  }

  @Test(arguments: [
    ("metrics: []", "its metric is 80 % of the CPU"),
    ("targetCPUUtilizationPercentage: 70", "its metric is 70 % of the CPU"),
    (
      "metrics: [{type: External, external: {metric: {name: x}, target: {averageValue: much}}}]",
      "the averageValue \"much\", which is no quantity"
    ),
  ])
  func `An HPA of which nothing can be asked is named by its metric`(spec: String, loss: String) {
    let result = imported("kind: HorizontalPodAutoscaler\nmetadata: {name: web}\nspec: {\(spec)}")
    #expect(result.losses.contains { $0.contains(loss) }, "\(result.losses)")
  }

  @Test func `An HPA in the words of v2beta1, with a power of ten, is carried over`() throws {
    let result = imported(
      """
      kind: HorizontalPodAutoscaler
      metadata: {name: web, annotations: {downscaler/uptime: always}}
      spec:
        metrics: [{type: External, external: {metricName: rps, targetAverageValue: 1e3}}]
      """, queries: ["rps": "sum(rps)"])
    #expect(try signal(result).threshold == 1000)
    #expect(
      result.losses.count == 1 && result.losses[0].contains("downscaler/uptime of the object"))
    #expect(
      result.policies[0].contains("# Better: the queries are asked at the data source default"))
  }

  @Test func `Always and never are read in any case, and decide nothing beside the other`() throws {
    let result = imported(
      """
      kind: Deployment
      metadata: {name: web, annotations: {downscaler/uptime: Always, downscaler/downtime: Mon-Fri 20:00-24:00 UTC}}
      spec: {replicas: 4}
      ---
      kind: Deployment
      metadata: {name: api, annotations: {downscaler/uptime: NEVER, downscaler/downtime: Never}}
      spec: {replicas: 4}
      """)
    #expect(result.isComplete, "\(result.losses)")
    let schedules = try accepted(result).policies.flatMap(\.signals).compactMap { signal in
      if case .schedule(let schedule) = signal.kind { schedule } else { nil }
    }
    #expect(schedules.map(\.defaultReplicas) == [4, 0])
    #expect(schedules.map(\.rules.count) == [1, 0])
  }

  @Test func `A job that starts at the second 00 starts with the minute`() {
    let result = imported(
      """
      kind: CronHorizontalPodAutoscaler
      metadata: {name: web}
      spec:
        scaleTargetRef: {kind: Deployment, name: web}
        jobs: [{name: up, schedule: 00 0 8 * * *, targetSize: 9}, {name: down, schedule: 0 0 20 * * *, targetSize: 2}]
      """)
    #expect(result.isComplete, "\(result.losses)")
  }
}
