internal import Scaling
internal import TestKit
internal import Testing

@testable internal import Manifests

private let valid = """
  apiVersion: headstart.dev/v1alpha1
  kind: DataSource
  metadata: {name: main}
  spec: {type: prometheus, address: "http://p:9090", headers: {X-A: "b"}}
  ---
  apiVersion: headstart.dev/v1alpha1
  kind: ScalingPolicy
  metadata: {name: a, namespace: b}
  spec: &spec
    leadTime: 10m
    signals:
    - schedule:
        timeZone: Europe/Paris
        rules: [{name: é, days: [Mon], start: 22:00, end: "06:00", atMost: 2}]
    - prometheus: {query: 'up{a="\\u00e9"}', threshold: 1.5e1}
    activity: {cooldown: 1m, enabledPeriod: {schedule: "*/5 9-17 * jan-jun,12 fri-sun"}}
  ---
  apiVersion: easyscale.io/v1
  kind: ScalingRule
  metadata: {name: b, namespace: b}
  spec:
    target: {kind: Deployment, name: b}
    default: {replicas: 1}
    schedule:
    - {name: é, days: [Monday], timeStart: "09:00:00", timeEnd: "10:00", replicas: 2, timezone: UTC}
    - {replicas: 3, time_ranges: [{start: "01:00", end: "02:00"}]}
  ---
  apiVersion: elasti.truefoundry.com/v1alpha1
  kind: ElastiService
  metadata: {name: c, namespace: b}
  spec:
    scaleTargetRef: {apiVersion: apps/v1, kind: deployments, name: c}
    service: c
    cooldownPeriod: 60
    triggers:
    - type: prometheus
      metadata: {serverAddress: "http://p", query: q, threshold: "0.5", uptimeFilter: a="b"}
    autoscaler: {type: keda, name: c}
  """

private let defaults = PolicyDefaults(triggerServers: TriggerServers(allowed: ["http://p"]))

/// What holds for every file, whatever is in it.
private func expectSound(_ bytes: [UInt8]) {
  let file = decode(bytes, defaults: defaults)
  let errors = file.diagnostics.count { $0.severity == .error }
  #expect(file.isGood == (errors == 0))
  #expect(file.lines.allSatisfy { !$0.contains("\n") })
  let places = file.diagnostics.map { $0.position ?? .start }
  #expect(places == places.sorted())
  #expect(places.allSatisfy { $0.line >= 1 && $0.column >= 1 })
}

struct RobustnessTests {
  @Test func `the manifest that is mutated here is valid`() {
    #expect(decode(valid, defaults: defaults).isGood)
    #expect(decode(valid, defaults: defaults).objects.count == 4)
  }

  @Test func `every prefix ends in objects or in errors`() {
    let bytes = Array(valid.utf8)
    for length in 0...bytes.count { expectSound(Array(bytes[..<length])) }
  }

  @Test(arguments: 0..<8)
  func `random changes end in objects or in errors`(seed: Int) {
    var generator = SeededGenerator(seed: UInt64(seed))
    let bytes = Array(valid.utf8)
    let marks = Array("{}[]:,-&*!|>'\"%@`#?<\n\t \\0aZ\u{0}".utf8) + [0x80, 0xC3, 0xFF]
    for _ in 0..<100 {
      var mutated = bytes
      for _ in 0...Int.random(in: 0..<4, using: &generator) {
        let index = Int.random(in: mutated.indices, using: &generator)
        let mark = marks[Int.random(in: marks.indices, using: &generator)]
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: mutated[index] = mark
        case 1: mutated.insert(mark, at: index)
        case 2: mutated.remove(at: index)
        default:
          let end = min(mutated.count, index + Int.random(in: 1..<40, using: &generator))
          mutated.insert(
            contentsOf: Array(mutated[index..<end]),
            at: Int.random(in: mutated.indices, using: &generator))
        }
      }
      expectSound(mutated)
    }
  }

  @Test(arguments: 0..<4)
  func `random bytes end in errors`(seed: Int) {
    var generator = SeededGenerator(seed: UInt64(seed))
    for length in 1..<200 {
      expectSound((0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) })
    }
  }

  @Test(arguments: [
    "\"" + String(repeating: "x", count: 100_000),
    String(repeating: "a: ", count: 50_000),
    String(repeating: "? ", count: 50_000),
    String(repeating: "{a: ", count: 50_000),
    String(repeating: "---\n", count: 50_000),
    String(repeating: "&a ", count: 50_000),
    String(repeating: "!", count: 50_000),
    String(repeating: "- ", count: 50_000),
    "a: |" + String(repeating: "\n", count: 100_000),
    "%TAG ! " + String(repeating: "t", count: 100_000),
  ])
  func `monotonous text ends in objects or in errors`(text: String) {
    expectSound(Array(text.utf8))
  }
}
