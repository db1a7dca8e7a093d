internal import Scaling
internal import Testing

@testable internal import Manifests

private func manifest(_ name: String, _ signals: String, limits: String = "{}") -> String {
  """
  apiVersion: headstart.dev/v1alpha1
  kind: ScalingPolicy
  metadata: {name: \(name)}
  spec: {limits: \(limits), signals: \(signals)}
  ---

  """
}

private let calendar = #"[{schedule: {rules: [{start: "09:00", end: "18:00", replicas: 3}]}}]"#

struct SharedSignalsTests {
  @Test func `policies with equal signals share them, and others do not`() {
    let other = calendar.replacing("3", with: "4")
    let policies = decode(
      [manifest("a", calendar), manifest("b", other), manifest("c", calendar)].joined()
    ).policies
    let places = policies.map { $0.signals.withUnsafeBufferPointer(\.baseAddress) }
    #expect(places.count == 3)
    #expect(places[0] == places[2])
    #expect(places[0] != places[1])
  }

  @Test func `what is written alike is the same, and what is not is not`() {
    let variants = [
      calendar, calendar.replacing("\"09:00\"", with: "09:00"), calendar.replacing("3", with: "4"),
      calendar.replacing("start", with: "end").replacing("end: \"18", with: "start: \"18"),
      calendar.replacing("}}]", with: "}, name: a}]"),
      #"[{schedule: {rules: [{start: "09:00"}, {end: "18:00", replicas: 3}]}}]"#,
    ]
    for first in variants {
      for second in variants {
        let together = decode(manifest("a", first) + manifest("b", second))
        let apart = [decode(manifest("a", first)), decode(manifest("b", second))]
        #expect(together.policies == apart.flatMap(\.policies))
        #expect(together.diagnostics.count == apart.flatMap(\.diagnostics).count)
      }
    }
  }

  @Test func `what draws a warning draws it in every policy`() {
    let text = #"[{schedule: {rules: [{days: [], replicas: 3}]}}]"#
    let file = decode(manifest("a", text) + manifest("b", text) + manifest("c", text))
    #expect(
      file.lines.map { String($0.prefix(9)) } == ["a.yaml:4:", "a.yaml:9:", "a.yaml:14"])
  }

  @Test func `a warning that depends on the limits is not lost`() {
    let limited = manifest("b", calendar, limits: "{maxReplicas: 2}")
    let file = decode(manifest("a", calendar) + limited + manifest("c", calendar))
    #expect(file.lines.count == 1)
    #expect(file.lines.first?.hasPrefix("a.yaml:9:") == true)
  }

  @Test func `a signal that takes its policy's name is decoded for each`() {
    let file = decode(manifest("a", "[{forecast: {}}]") + manifest("b", "[{forecast: {}}]"))
    let workloads = file.policies.map { policy -> String? in
      guard case .forecast(let forecast)? = policy.signals.first?.kind else { return nil }
      return forecast.workload
    }
    #expect(workloads == ["a", "b"])
    #expect(file.objects.map(\.references.count) == [1, 1])
  }

  @Test func `an alias is decoded as what it stands for`() {
    let text = #"[{schedule: {rules: [&r {start: "09:00", replicas: 3}, {<<: *r, replicas: %}]}}]"#
    let file = decode(
      manifest("a", text.replacing("%", with: "4")) + manifest("b", text.replacing("%", with: "5")))
    let replicas = file.policies.map { policy -> [Int?] in
      guard case .schedule(let schedule)? = policy.signals.first?.kind else { return [] }
      return schedule.rules.map(\.replicas)
    }
    #expect(replicas == [[3, 4], [3, 5]])
  }
}
