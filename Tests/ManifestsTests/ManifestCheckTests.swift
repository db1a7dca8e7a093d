internal import CivilTime
internal import Foundation
internal import Scaling
internal import TestKit
internal import Testing

@testable internal import Manifests

private func check(_ paths: [String]) -> ManifestCheck {
  ManifestCheck(
    paths: paths, defaults: PolicyDefaults(triggerServers: .any), zones: CCTZDatabase(),
    now: testNow)
}

struct ManifestCheckTests {
  private let temporary: TemporaryFolder
  private let good = policy("signals: [{forecast: {}}, {prometheus: {query: up, threshold: 1}}]")

  init() throws {
    temporary = try TemporaryFolder()
  }

  @Test func `good files have a summary and no diagnostics`() throws {
    try temporary.write("a.yaml", good)
    let found = check([temporary.path("a.yaml")])
    #expect(found.diagnostics == [])
    #expect(!found.hasErrors)
    #expect(found.summary == "1 file: 1 policy, 0 data sources; 0 errors, 0 warnings")
  }

  @Test(arguments: [
    ("signals: [{forecast: {}}, {prometheus: {query: up, threshold: 1}}]", ["hold", "required"]),
    (
      "hold: forever\nsignals: [{forecast: {}}, {prometheus: {query: up, threshold: 1}}]",
      ["required"]
    ),
    ("signals: [{forecast: {}, hold: 5m}]", []),
    ("signals: [{forecast: {}}]", ["hold"]),
    ("whenUnavailable: inactive\nsignals: [{forecast: {}}]", []),
    (
      "signals: [{forecast: {}, hold: 5m, required: false}, {schedule: {timeZone: UTC, rules: []}}]",
      []
    ),
    ("signals: [{schedule: {timeZone: UTC, rules: []}}]", []),
  ])
  func `what relies on a default that was another one is told`(spec: String, fields: [String])
    throws
  {
    try temporary.write("a.yaml", policy(spec))
    let found = check([temporary.path("a.yaml")])
    #expect(found.notes.count == fields.count)
    for (note, field) in zip(found.notes, fields) {
      #expect(note.hasPrefix("note: these policies leave out \(field): "))
      #expect(note.hasSuffix(": x"))
    }
  }

  @Test func `a file of any name is read, and a directory with all its manifests`() throws {
    try temporary.write("manifest", dataSource("type: forecaster\naddress: http://x\ncaFile: /c"))
    try temporary.makeDirectory("d")
    try temporary.write("d/a.yaml", good)
    try temporary.write("d/b.yaml", "x")
    let found = check([temporary.path("manifest"), temporary.path("d")])
    #expect(
      found.diagnostics.map(\.description) == [
        "\(temporary.path("manifest")):7:11: warning: spec.caFile: has no effect: "
          + "the address is not https",
        "\(temporary.path("d/b.yaml")):1:1: error: expected a manifest, which is a mapping with "
          + "apiVersion, kind and metadata, found the text \"x\"",
      ])
    #expect(found.hasErrors)
    #expect(found.summary == "3 files: 1 policy, 1 data source; 1 error, 1 warning")
  }

  @Test func `a file that is named twice counts once`() throws {
    try temporary.makeDirectory("d")
    try temporary.write("d/a.yaml", good)
    try temporary.link("b.yaml", to: "d/a.yaml")
    let found = check([temporary.path("d/a.yaml"), temporary.path("d"), temporary.path("b.yaml")])
    #expect(found.summary == "1 file: 1 policy, 0 data sources; 0 errors, 0 warnings")
  }

  @Test func `a file that does not exist is an error`() {
    let found = check([temporary.path("none.yaml")])
    #expect(
      found.diagnostics.map(\.description) == [
        "\(temporary.path("none.yaml")): error: cannot be opened: No such file or directory"
      ])
    #expect(found.hasErrors)
  }

  @Test func `a file of 100 MB is refused unread`() throws {
    try temporary.makeSparseFile("a.yaml", size: 100_000_000)
    #expect(
      check([temporary.path("a.yaml")]).diagnostics.map(\.description) == [
        "\(temporary.path("a.yaml")): error: the file has 100000000 bytes; "
          + "the limit is 8388608 (8 MiB)"
      ])
  }

  @Test func `only the sources that flags define are assumed`() throws {
    try temporary.write("a.yaml", policy("signals: [{forecast: {source: other}}]"))
    #expect(
      check([temporary.path("a.yaml")]).diagnostics.map(\.message) == [
        "spec.signals[0].forecast.source: there is no DataSource other of type forecaster"
      ])
  }

  @Test func `the examples in the repository have neither errors nor warnings`() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    for directory in ["quickstart", "policies"] {
      let found = check([root.appending(path: "deploy/examples/\(directory)").path()])
      #expect(found.diagnostics == [])
      #expect(found.policyCount > 0)
    }
  }

  // MARK: ScaledObjects and ConfigMaps

  private func scaledObject(_ spec: String, trigger: String = "") -> String {
    """
    apiVersion: keda.sh/v1alpha1
    kind: ScaledObject
    metadata: {name: x}
    spec:
      scaleTargetRef: {name: web}
      \(spec)
      triggers:
        - type: external-push
          \(trigger)
          metadata: {scalerAddress: headstart-headless.headstart.svc:50051}
    """
  }

  private func findings(_ object: String, policy spec: String = "") throws -> [String] {
    try temporary.write("p.yaml", policy("\(spec)\nsignals: [{forecast: {}}]"))
    try temporary.write("s.yaml", object)
    return check([temporary.path("p.yaml"), temporary.path("s.yaml")]).diagnostics
      .map(\.description)
  }

  private static let sound =
    "advanced: {horizontalPodAutoscalerConfig: {behavior: {scaleUp: {tolerance: 0}, "
    + "scaleDown: {tolerance: 0}}}}"

  @Test func `A sound ScaledObject has no findings, and is not passed over`() throws {
    #expect(try findings(scaledObject(Self.sound)) == [])
  }

  @Test(arguments: [
    ("", "", "behavior.scaleUp.tolerance: 0"), ("", "", "behavior.scaleDown.tolerance: 0"),
    ("cooldownPeriod: 5", "", "cooldownPeriod is 5 s and pollingInterval 30 s"),
    ("pollingInterval: 300\n  cooldownPeriod: 900", "", "poll at least four times in a lead time"),
    (
      "fallback: {failureThreshold: 3, replicas: 0}", "",
      "a fallback of 0 takes the workload to zero"
    ),
    ("fallback: {failureThreshold: 3, replicas: 4}", "", "KEDA uses fallback only where"),
    ("maxReplicaCount: 20", "", "maxReplicaCount is 20 and the policy x goes up to 50"),
    (
      "minReplicaCount: 60", "",
      "minReplicaCount is 60, and the policy x never asks for more than 50"
    ),
    ("", "metricType: Value", "error: spec.triggers[0].metricType: expected AverageValue"),
    ("", "useCachedMetrics: true", "KEDA's cache makes"),
  ])
  func `What of a ScaledObject will surprise is said at its place`(
    spec: String, trigger: String, words: String
  ) throws {
    let found = try findings(
      scaledObject(spec, trigger: trigger), policy: "limits: {maxReplicas: 50}")
    #expect(found.contains { $0.contains("s.yaml:") && $0.contains(words) }, "\(found)")
  }

  @Test func `A policy that is named has to be there, and other triggers stand alone`() throws {
    let object = """
      apiVersion: keda.sh/v1alpha1
      kind: ScaledObject
      metadata: {name: web}
      spec:
        scaleTargetRef: {name: web}
        \(Self.sound)
        triggers:
          - type: external
            metadata: {scalerAddress: "h:50051", policy: y}
          - type: cpu
            metadata: {value: "80"}
      """
    let found = try findings(object)
    #expect(found.contains { $0.contains("error: ") && $0.contains("there is no policy \"y\"") })
    #expect(found.contains { $0.contains("a second trigger beside Headstart's") })
    let others = object.replacing("policy: y", with: "topic: y")
    #expect(try findings(others) == [])
  }

  @Test func `A ConfigMap's manifests are read, with the lines of the file`() throws {
    try temporary.write(
      "map.yaml",
      """
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: policies}
      data:
        readme.txt: nothing
        a.yaml: |
          apiVersion: headstart.dev/v1alpha1
          kind: ScalingPolicy
          metadata: {name: a}
          spec:
            signals: [{forecast: {sourc: x}}]
      """)
    let found = check([temporary.path("map.yaml")])
    #expect(
      found.diagnostics.map(\.description) == [
        "\(temporary.path("map.yaml")) (a.yaml):11:25: error: spec.signals[0].forecast.sourc: "
          + "unknown field; did you mean source?"
      ])
  }
}
