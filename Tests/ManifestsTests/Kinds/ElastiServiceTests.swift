internal import Scaling
internal import Testing
internal import Time

@testable internal import Manifests

private let allowed = PolicyDefaults(
  triggerServers: TriggerServers(allowed: ["http://prom:9090", "https://other/prefix"]))

/// An ElastiService with these lines as its `spec`, which begins in line 5, indented by two.
private func elastiService(_ spec: String) -> String {
  let lines = spec.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n")
  return """
    apiVersion: elasti.truefoundry.com/v1alpha1
    kind: ElastiService
    metadata: {name: web, namespace: shop}
    spec:
    \(lines)

    """
}

/// With one trigger, whose metadata stands in line 8, from column 43 on.
private func trigger(_ metadata: String) -> String {
  elastiService(
    """
    scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
    service: web-svc
    cooldownPeriod: 60
    triggers: [{type: prometheus, metadata: {\(metadata)}}]
    """)
}

/// With one trigger that is good, in lines 5 to 7, and these lines from 8 on.
private func elastiService(with lines: String) -> String {
  elastiService(
    """
    scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
    service: web-svc
    triggers: [{type: prometheus, metadata: {query: q, threshold: "1", uptimeFilter: a="b"}}]
    \(lines)
    """)
}

struct ElastiServiceTests {
  @Test func `Every field arrives in the model`() throws {
    let file = decode(
      elastiService(
        """
        scaleTargetRef: {apiVersion: argoproj.io/v1alpha1, kind: rollouts, name: web}
        service: web-svc
        minTargetReplicas: 2
        cooldownPeriod: 300
        enabledPeriod: {schedule: "0 9 * * 1-5", duration: 8h}
        autoscaler: {type: keda, name: web-so}
        triggers:
        - type: prometheus
          metadata:
            serverAddress: http://PROM:9090/
            query: sum(rate(requests_total[1m])) or vector(0)
            threshold: "0.5"
            uptimeFilter: job="web"
        - type: prometheus
          metadata:
            query: depth
            threshold: 10
            uptimeFilter: job="queue"
            headers: {X-Scope-OrgID: team-a}
        """), defaults: allowed)
    #expect(file.lines == [])
    let query = "sum(rate(requests_total[1m])) or vector(0)"
    #expect(
      file.policies == [
        Policy(
          name: ResourceName(namespace: "shop", name: "web"), leadTime: .zero,
          signals: [
            Signal(
              name: "triggers[0]",
              kind: .prometheus(
                PrometheusSignal(
                  source: "http://prom:9090", query: query, threshold: 0.5, switchedTo: 2,
                  uptimeFilter: "job=\"web\"", uptimeCooldown: .seconds(300)))),
            Signal(
              name: "triggers[1]",
              kind: .prometheus(
                PrometheusSignal(
                  source: "web/triggers[1]", query: "depth", threshold: 10, switchedTo: 2,
                  uptimeFilter: "job=\"queue\"", uptimeCooldown: .seconds(300)))),
          ], kind: .elastiService,
          scaleTarget: ScaleTarget(
            apiVersion: "argoproj.io/v1alpha1", kind: "Rollout", name: "web"),
          activity: ActivityRules(
            cooldown: .seconds(300), activeReplicas: 2,
            enabledPeriod: EnabledPeriod(
              schedule: try CronSchedule(text: "0 9 * * 1-5"), duration: .seconds(28_800)),
            service: "web-svc"),
          scaling: TargetRules(
            cooldown: .zero, cooldownOnUp: false, autoscaler: .keda("web-so"),
            extent: .toAndFromZero))
      ])
    #expect(
      file.objects.first?.ownSources == [
        DataSource(
          name: ResourceName(name: "http://prom:9090"), kind: .prometheus,
          address: "http://prom:9090"),
        DataSource(
          name: ResourceName(namespace: "shop", name: "web/triggers[1]"), kind: .prometheus,
          address: "http://prom:9090", headers: ["X-Scope-OrgID": "team-a"]),
      ])
  }

  @Test func `The store defines the servers of triggers, and drops them with their object`() {
    var store = ManifestStore(defaults: allowed, zones: decodingZones)
    let text = trigger("query: q, threshold: \"1\"")
    func contents(_ files: [FileContents]) -> [DirectoryContents] {
      [DirectoryContents(path: "d", listing: .files(files))]
    }
    let file = FileContents(path: "d/a.yaml", content: .bytes(Array(text.utf8)))
    let catalog = store.update(contents([file]), now: testNow).catalog
    let policy = catalog.policies[ResourceName(namespace: "shop", name: "web")]
    #expect(policy?.kind == .elastiService)
    #expect(
      catalog.dataSource(.prometheus, named: "http://prom:9090", in: "shop")?.address
        == "http://prom:9090")
    let rest = FileContents(path: "d/b.yaml", content: .bytes(Array("# nothing\n".utf8)))
    #expect(store.update(contents([rest]), now: testNow).catalog == Catalog())
  }

  @Test func `Two kinds of policy of one name are refused, with both kinds named`() {
    let rule = """
      apiVersion: easyscale.io/v1
      kind: ScalingRule
      metadata: {name: web, namespace: shop}
      spec: {target: {kind: Deployment, name: web}, default: {replicas: 1}, schedule: [{replicas: 2}]}
      ---

      """
    var store = ManifestStore(defaults: allowed, zones: decodingZones)
    let text = rule + trigger("query: q, threshold: \"1\", uptimeFilter: a=\"b\"")
    let file = FileContents(path: "d/a.yaml", content: .bytes(Array(text.utf8)))
    let update = store.update(
      [DirectoryContents(path: "d", listing: .files([file]))], now: testNow)
    #expect(
      update.diagnostics.map(\.description) == [
        "d/a.yaml:8:18: error: the ElastiService shop/web is already defined as a ScalingRule at "
          + "d/a.yaml:3:18; names are unique"
      ])
  }

  @Test(arguments: [
    ("cooldownPeriod: 1", 1), ("cooldownPeriod: 604800", 604_800), ("cooldownPeriod: 0", 900),
    ("autoscaler: {type: hpa, name: x}", 900),
  ])
  func `A cooldown of 0 or none is 900 s`(line: String, seconds: Int) {
    let file = decode(elastiService(with: line), defaults: allowed)
    #expect(file.isGood)
    #expect(file.policies.first?.activity?.cooldown == .seconds(seconds))
    #expect(file.lines.count == (seconds == 900 ? 1 : 0))
  }

  @Test(arguments: [
    ("deployments", "Deployment"), ("rollouts", "Rollout"), ("statefulsets", "StatefulSet"),
    ("StatefulSet", "StatefulSet"), ("ModelServer", "ModelServer"),
  ])
  func `Kinds are read in both spellings`(word: String, kind: String) {
    let file = decode(
      elastiService(
        """
        scaleTargetRef: {apiVersion: apps/v1, kind: \(word), name: web}
        service: web-svc
        cooldownPeriod: 60
        triggers: [{type: prometheus, metadata: {query: q, threshold: "1"}}]
        """), defaults: allowed)
    #expect(file.policies.first?.scaleTarget?.kind == kind)
    #expect(file.policies.first?.scaling.autoscaler == TargetRules.Autoscaler.none)
  }

  @Test func `An enabled period's fields have KubeElasti's defaults`() throws {
    let file = decode(
      elastiService(with: "enabledPeriod: {}\ncooldownPeriod: 1"), defaults: allowed)
    #expect(
      file.policies.first?.activity?.enabledPeriod
        == EnabledPeriod(
          schedule: try CronSchedule(text: "0 0 * * *"), duration: .seconds(86_400)))
  }

  @Test(arguments: ["0.5", "5", "0", "-3", "1e3", "\"0.01\"", "\"1e-3\"", "\"7\"", "'0'"])
  func `A threshold is read with quotes and without`(threshold: String) {
    let file = decode(trigger("query: q, threshold: \(threshold)"), defaults: allowed)
    #expect(file.isGood)
  }

  // MARK: Servers

  @Test(arguments: [
    ("http://prom:9090", "http://prom:9090"), ("HTTP://Prom:9090//", "http://prom:9090"),
    ("https://other/prefix/", "https://other/prefix"),
  ])
  func `An address that is listed is allowed, however it is spelled`(text: String, found: String) {
    let file = decode(
      trigger("query: q, threshold: \"1\", uptimeFilter: a=\"b\", serverAddress: \(text)"),
      defaults: allowed)
    #expect(file.lines == [])
    #expect(file.objects.first?.ownSources.map(\.address) == [found])
  }

  @Test(arguments: [
    "http://prom:9091", "https://prom:9090", "http://prom", "https://other", "https://other/Prefix",
    "http://prom.evil.example:9090",
  ])
  func `An address that is not listed is an error that names it and the flag`(address: String) {
    let file = decode(
      trigger("query: q, threshold: \"1\", uptimeFilter: a=\"b\", serverAddress: \"\(address)\""),
      defaults: allowed)
    #expect(file.lines.count == 1)
    #expect(file.lines.first?.contains("error: spec.triggers[0].metadata.serverAddress: ") == true)
    #expect(file.lines.first?.contains(address) == true)
    #expect(file.lines.first?.contains("--prometheus-trigger-servers") == true)
  }

  @Test func `A trigger without an address asks the first server, and none where none is listed`() {
    let text = trigger("query: q, threshold: \"1\", uptimeFilter: a=\"b\", serverAddress: \"\"")
    #expect(
      decode(text, defaults: allowed).objects.first?.ownSources.first?.address
        == "http://prom:9090")
    #expect(
      decode(text).lines == [
        "a.yaml:8:43: error: spec.triggers[0].metadata: serverAddress is missing, and there is no "
          + "server for triggers that name none; name one with --prometheus-trigger-servers "
          + "(PROMETHEUS_TRIGGER_SERVER_ADDRESS)"
      ])
    let checked = decode(text, defaults: PolicyDefaults(triggerServers: .any))
    #expect(checked.isGood)
    #expect(checked.objects.first?.references.map(\.name) == ["default"])
  }

  // MARK: Mistakes

  @Test(arguments: [
    RejectedText(
      elastiService("service: a\ncooldownPeriod: 1\ntriggers: [x]")
        .replacing(
          "[x]",
          with: "[{type: prometheus, metadata: {query: q, threshold: 1, uptimeFilter: a=\"b\"}}]"),
      "5:3: error: spec.scaleTargetRef: missing; it is required"),
    RejectedText(
      elastiService(with: "cooldownPeriod: 604801"),
      "8:19: error: spec.cooldownPeriod: expected a whole number from 0 to 604800, "
        + "found the number 604801"),
    RejectedText(
      elastiService(with: "cooldownPeriod: -1"),
      "8:19: error: spec.cooldownPeriod: expected a whole number from 0 to 604800, "
        + "found the number -1"),
    RejectedText(
      elastiService(with: "cooldownPeriod: 5\nminTargetReplicas: 0"),
      "9:22: error: spec.minTargetReplicas: expected a whole number from 1 to 1000000, "
        + "found the number 0"),
    RejectedText(
      elastiService(with: "cooldownPeriod: 5\nautoscaler: {type: vpa, name: a}"),
      "9:22: error: spec.autoscaler.type: expected keda or hpa, found the text \"vpa\"; "
        + "did you mean hpa?"),
    RejectedText(
      elastiService(with: "cooldownPeriod: 5\nautoscaler: {type: keda}"),
      "9:15: error: spec.autoscaler.name: missing; it is required"),
    RejectedText(
      elastiService(with: "cooldownPeriod: 5\nenabledPeriod: {schedule: \"0 25 * * *\"}"),
      "9:29: error: spec.enabledPeriod.schedule: the hour is \"25\", expected * or numbers from 0 "
        + "to 23, with , - and /"),
    RejectedText(
      elastiService(with: "cooldownPeriod: 5\nenabledPeriod: {duration: 10}"),
      "9:29: error: spec.enabledPeriod.duration: expected a duration from 1s to 366d, such as 90s "
        + "or 1h30m, found the number 10; add a unit: write 10s for seconds"),
    RejectedText(
      elastiService(with: "cooldownPeriod: 5\ncooldown: 5"),
      "9:3: error: spec.cooldown: unknown field; known here: scaleTargetRef, service, "
        + "minTargetReplicas, cooldownPeriod, triggers, autoscaler, enabledPeriod, probeResponse"),
    RejectedText(
      trigger("threshold: \"1\", uptimeFilter: a=\"b\""),
      "8:43: error: spec.triggers[0].metadata.query: missing; it is required"),
    RejectedText(
      trigger("query: q, uptimeFilter: a=\"b\""),
      "8:43: error: spec.triggers[0].metadata.threshold: missing; it is required"),
    RejectedText(
      trigger("query: q, uptimeFilter: a=\"b\", threshold: \"5%\""),
      "8:86: error: spec.triggers[0].metadata.threshold: expected a number such as \"0.5\", "
        + "found the text \"5%\""),
    RejectedText(
      trigger("query: q, uptimeFilter: a=\"b\", threshold: \".inf\""),
      "8:86: error: spec.triggers[0].metadata.threshold: expected a number such as \"0.5\", "
        + "found the text \".inf\""),
    RejectedText(
      trigger("query: q, threshold: \"1\", uptimeFilter: \"{a=1}\""),
      "8:84: error: spec.triggers[0].metadata.uptimeFilter: expected label matchers such as "
        + "job=\"my-api\", found the text \"{a=1}\"; leave out the braces"),
    RejectedText(
      trigger("query: q, threshold: \"1\", uptimeFilter: a=\"b\"").replacing(
        "type: prometheus", with: "type: kafka"),
      "8:21: error: spec.triggers[0].type: expected prometheus, found the text \"kafka\""),
    // Warnings.
    RejectedText(
      elastiService(with: "minTargetReplicas: 1"),
      "5:3: warning: spec: cooldownPeriod is absent, which means 900 s"),
    RejectedText(
      elastiService(with: "cooldownPeriod: 0"),
      "8:19: warning: spec.cooldownPeriod: 0 means 900 s"),
    RejectedText(
      elastiService(with: "cooldownPeriod: 5\nprobeResponse: [{response: {status: 200}}]"),
      "9:18: warning: spec.probeResponse: has no effect: "
        + "Headstart answers no requests in place of a workload"),
    RejectedText(
      trigger("query: q, threshold: \"0\", uptimeFilter: a=\"b\""),
      "8:65: warning: spec.triggers[0].metadata.threshold: no rate and no count is below it, "
        + "so that the workload is never idle"),
    RejectedText(
      trigger("query: q, threshold: \"1\""),
      "8:43: warning: spec.triggers[0].metadata: without uptimeFilter, container=\"prometheus\" is "
        + "checked, as in KubeElasti: where no such target is up, the workload never goes to zero"),
    RejectedText(
      trigger("query: q, threshold: \"1\", uptimeFilter: a=\"b\", Query: p"),
      "8:91: warning: spec.triggers[0].metadata.Query: unknown field; did you mean query?"),
  ])
  func `A mistake is reported at its place`(rejected: RejectedText) {
    #expect(decode(rejected.text, defaults: allowed).lines == ["a.yaml:\(rejected.diagnostic)"])
  }

  @Test(arguments: ["", "\ntriggers: []"])
  func `A service without triggers is scaled by wake-ups only`(triggers: String) throws {
    let file = decode(
      elastiService(
        "scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\nservice: a\n"
          + "cooldownPeriod: 5" + triggers), defaults: allowed)
    #expect(
      file.lines == [
        "a.yaml:5:3: warning: spec: there are no triggers, so that only a wake-up scales the workload"
      ])
    let policy = try #require(file.policies.first)
    // Long after, too, the target is left as it is; only a wake-up is certain, for one cooldown.
    var memory = Decision.Memory()
    func replicas(after second: Int64, isWoken: Bool = false) -> Int? {
      let now = testNow.advanced(by: .seconds(second))
      if isWoken { memory.wokenUp(at: now) }
      let decision = Evaluator.decide(policy, readings: [], memory: memory, at: now)
      memory = decision.memory
      return decision.replicas
    }
    #expect(replicas(after: 0) == nil)
    #expect(replicas(after: 3600) == nil)
    #expect(replicas(after: 3601, isWoken: true) == 1)
    #expect(replicas(after: 3607) == nil)
  }

  @Test func `A trigger without uptimeFilter checks what KubeElasti checks`() throws {
    let file = decode(trigger("query: q, threshold: \"1\""), defaults: allowed)
    guard case .prometheus(let signal)? = file.policies.first?.signals.first?.kind else {
      Issue.record("no trigger")
      return
    }
    #expect(signal.uptimeFilter == "container=\"prometheus\"")
  }

  @Test func `The operator's authorization is sent by triggers that have none of their own`() {
    var defaults = allowed
    defaults.triggerServers.authorization = "Bearer operator"
    let metadata = "query: q, threshold: \"1\", uptimeFilter: a=\"b\""
    let plain = decode(trigger(metadata), defaults: defaults)
    #expect(
      plain.objects.first?.ownSources.map(\.headers) == [["Authorization": "Bearer operator"]])
    let own = decode(trigger(metadata + ", headers: {authorization: own}"), defaults: defaults)
    #expect(own.objects.first?.ownSources.map(\.headers) == [["authorization": "own"]])
  }
}
