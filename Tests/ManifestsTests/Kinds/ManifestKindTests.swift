internal import Scaling
internal import Testing

@testable internal import Manifests

private let kinds =
  "ScalingPolicy (headstart.dev/v1alpha1), DataSource (headstart.dev/v1alpha1), "
  + "Calendar (headstart.dev/v1alpha1), "
  + "ScalingRule (easyscale.io/v1) and ElastiService (elasti.truefoundry.com/v1alpha1)"

private func named(_ metadata: String) -> String {
  """
  apiVersion: headstart.dev/v1alpha1
  kind: ScalingPolicy
  metadata: \(metadata)
  spec: {signals: [{forecast: {}}]}
  """
}

private let noName =
  "expected a name of at most 253 lowercase letters, digits, \"-\" and \".\" "
  + "that starts and ends with a letter or a digit, found"

struct ManifestKindTests {
  @Test(arguments: [
    RejectedText("", "1:1: warning: there is no manifest in this file"),
    RejectedText("# nothing\n---\n", "1:1: warning: there is no manifest in this file"),
    RejectedText(
      "hello",
      "1:1: error: expected a manifest, which is a mapping with apiVersion, kind and metadata, "
        + "found the text \"hello\""),
    RejectedText(
      "kind: DataSource",
      "1:1: error: apiVersion: missing; it is required, such as apiVersion: "
        + "headstart.dev/v1alpha1"),
    RejectedText(
      "apiVersion: 1\nkind: DataSource",
      "1:13: error: apiVersion: expected text, found the number 1; put it in quotes"),
    RejectedText(
      "apiVersion: v1\nkind: ConfigMap",
      "2:7: warning: a ConfigMap (v1) is passed over; Headstart reads \(kinds)"),
    RejectedText(
      "apiVersion: apps/v1\nkind: Deployment\nmetadata: {}",
      "2:7: warning: a Deployment (apps/v1) is passed over; Headstart reads \(kinds)"),
    RejectedText(
      "apiVersion: headstart.dev/v1beta1\nkind: ScalingPolicy",
      "1:13: error: apiVersion: expected the apiVersion and kind of a manifest, found "
        + "\"headstart.dev/v1beta1\" and \"ScalingPolicy\"; did you mean headstart.dev/v1alpha1?"),
    RejectedText(
      "apiVersion: headstart.dev/v1alpha1\nkind: ScalingPolcy",
      "2:7: error: kind: expected ScalingPolicy or DataSource or Calendar, found the text \"ScalingPolcy\"; "
        + "did you mean ScalingPolicy?"),
    RejectedText(
      "apiVersion: easyscale.io/v1\nkind: ScalingRul",
      "2:7: error: kind: expected ScalingRule, found the text \"ScalingRul\"; "
        + "did you mean ScalingRule?"),
    RejectedText(
      "apiVersion: elasti.truefoundry.com/v1\nkind: ElastiService",
      "1:13: error: apiVersion: expected the apiVersion and kind of a manifest, found "
        + "\"elasti.truefoundry.com/v1\" and \"ElastiService\"; "
        + "did you mean elasti.truefoundry.com/v1alpha1?"),
    RejectedText(
      "apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: List, items: []}]",
      "3:32: error: items[0].kind: a List inside a List is not supported"),
    RejectedText(
      "apiVersion: v1\nkind: List\nitems: [3]",
      "3:9: error: items[0]: expected a manifest, which is a mapping with apiVersion, kind and "
        + "metadata, found the number 3"),
  ])
  func `an object of another kind is refused`(rejected: RejectedText) {
    expectDiagnostic(rejected)
  }

  @Test(arguments: [
    RejectedText(
      named("{}"), "3:11: error: metadata.name: missing; it is required, such as name: my-api"),
    RejectedText(named("x"), "3:11: error: metadata: expected a mapping, found the text \"x\""),
    RejectedText(
      named("{name: My_App}"),
      "3:18: error: metadata.name: \(noName) the text \"My_App\"; write my-app"),
    RejectedText(named("{name: -a}"), "3:18: error: metadata.name: \(noName) the text \"-a\""),
    RejectedText(named("{name: a-}"), "3:18: error: metadata.name: \(noName) the text \"a-\""),
    RejectedText(named("{name: a..b}"), "3:18: error: metadata.name: \(noName) the text \"a..b\""),
    RejectedText(named("{name: é}"), "3:18: error: metadata.name: \(noName) the text \"é\""),
    RejectedText(
      named("{name: 5}"),
      "3:18: error: metadata.name: expected a name of at most 253 lowercase letters, digits, \"-\" and \".\", found the number 5; put it in quotes"
    ),
    RejectedText(
      named("{name: a, namespace: a.b}"),
      "3:32: error: metadata.namespace: expected a namespace of at most 63 lowercase letters, "
        + "digits and \"-\" that starts and ends with a letter or a digit, found the text \"a.b\""),
    RejectedText(
      named("{name: a, lables: {}}"),
      "3:21: error: metadata.lables: unknown field; did you mean labels?"),
    RejectedText(
      named("{name: a}") + "\nspecs: 1", "5:1: error: specs: unknown field; did you mean spec?"),
  ])
  func `a mistake in the metadata is reported at its place`(rejected: RejectedText) {
    expectDiagnostic(rejected)
  }

  @Test func `names are as long as Kubernetes allows and no longer`() {
    let longest = String(repeating: "a", count: 253)
    #expect(decode(named("{name: \(longest)}")).isGood)
    #expect(!decode(named("{name: \(longest)a}")).isGood)
    let namespace = String(repeating: "a", count: 63)
    #expect(decode(named("{name: a, namespace: \(namespace)}")).isGood)
    #expect(!decode(named("{name: a, namespace: \(namespace)a}")).isGood)
  }

  @Test func `what Kubernetes adds to an object is passed over`() {
    let file = decode(
      named(
        "{name: a, uid: x, labels: {a: b}, annotations: {c: 'd'}, generation: 1, "
          + "creationTimestamp: null, managedFields: [{manager: kubectl}]}")
        + "\nstatus: {ready: 1}")
    #expect(file.lines == [])
    #expect(file.policies.map(\.name) == [ResourceName(name: "a")])
  }

  @Test func `a List holds several objects, and positions are those of the file`() {
    let file = decode(
      """
      apiVersion: v1
      kind: List
      metadata: {resourceVersion: ""}
      items:
      - apiVersion: headstart.dev/v1alpha1
        kind: ScalingPolicy
        metadata: {name: a}
        spec: {signals: [{forecast: {}}]}
      - apiVersion: headstart.dev/v1alpha1
        kind: ScalingPolicy
        metadata: {name: b}
        spec: {signals: [{forecast: {}}], hold: 5}
      """)
    #expect(
      file.lines == [
        "a.yaml:12:43: error: items[1].spec.hold: expected forever or a duration from 0s to 7d, "
          + "such as 90s or 1h30m, found the number 5; add a unit: write 5s for seconds"
      ])
    #expect(file.policies.map(\.name.name) == ["a", "b"])
    #expect(!file.isGood)
  }

  @Test func `all errors of a file are told at once, in the order of its lines`() {
    let file = decode(
      "apiVersion: headstart.dev/v1alpha1\nkind: ScalingPolicy\nmetadata: {name: A}\n"
        + "spec:\n  hold: 1\n  signals: []\n---\nkind: x\n---\n]")
    #expect(
      file.diagnostics.compactMap(\.position).map(\.line) == [3, 5, 6, 8, 10])
  }

  @Test func `a file of a million mistakes is told the first hundred`() {
    let fields = (0..<5000).map { "f\($0): 1" }.joined(separator: "\n")
    let file = decode(policy("signals: [{forecast: {}}]\n" + fields))
    #expect(file.diagnostics.count == 101)
    #expect(file.lines.last == "a.yaml: error: 4900 more problems are not shown")
  }

  @Test(arguments: [
    ("signals: [%]", "{forecast: {}, name: \"#\"}", 100),
    ("signals: [{schedule: {rules: [%]}}]", "{replicas: 1, name: \"#\"}", 1000),
    ("signals: [{schedule: {rules: [{replicas: 1, dates: [%]}]}}]", "2026-11-27", 1000),
  ])
  func `lists are as long as the limit and no longer`(spec: String, item: String, limit: Int) {
    func decodes(_ count: Int) -> Bool {
      let items = (0..<count).map { item.replacing("#", with: "\($0)") }
      return decode(
        policy(spec.replacing("%", with: items.joined(separator: ", "))), auditBudget: 0
      )
      .isGood
    }
    #expect(decodes(limit))
    #expect(!decodes(limit + 1))
  }

  @Test func `without a budget schedules draw no warnings, and errors all the same`() {
    #expect(decode(rule("replicas: 3, atMost: 2"), auditBudget: 399).lines == [])
    #expect(decode(rule("replicas: 3, atMost: 2"), auditBudget: 400).lines.count == 1)
    #expect(!decode(rule("replicas: -3"), auditBudget: 0).isGood)
  }

  @Test func `what a policy leaves out comes from the defaults`() {
    let silent = decode(
      named("{name: my-api, namespace: shop}"),
      defaults: PolicyDefaults(
        leadTime: .seconds(42), hold: .upTo(.seconds(7)), whenUnavailable: .inactive))
    #expect(
      silent.policies == [
        Policy(
          name: ResourceName(namespace: "shop", name: "my-api"), leadTime: .seconds(42),
          hold: .upTo(.seconds(7)), limits: ReplicaLimits(),
          signals: [
            Signal(
              name: "forecast",
              kind: .forecast(ForecastSignal(source: "default", workload: "my-api")))
          ], whenUnavailable: .inactive)
      ])
  }

  @Test func `every field of a policy arrives in the model`() {
    let file = decode(
      policy(
        """
        scaleTargetRef: {name: web}
        leadTime: 0s
        hold: 0s
        whenUnavailable: error
        signals:
        - name: live
          leadTime: 1w
          required: true
          prometheus:
            query: up
            threshold: 0.5
            activationThreshold: 2
            onEmpty: zero
            uptimeFilter: job="a"
            uptimeCooldown: 1m
        """), defaults: PolicyDefaults(whenUnavailable: .inactive))
    #expect(file.lines == [])
    #expect(
      file.policies == [
        Policy(
          name: ResourceName(name: "x"), leadTime: .zero, hold: .upTo(.zero),
          signals: [
            Signal(
              name: "live", leadTime: .seconds(604_800), required: true,
              kind: .prometheus(
                PrometheusSignal(
                  source: "default", query: "up", threshold: 0.5, activationThreshold: 2,
                  onEmpty: .zero, uptimeFilter: "job=\"a\"", uptimeCooldown: .seconds(60))))
          ], whenUnavailable: .error,
          scaleTarget: ScaleTarget(apiVersion: "apps/v1", kind: "Deployment", name: "web"))
      ])
  }
}
