internal import Scaling
internal import Testing

@testable internal import Manifests

private let yaml = """
  apiVersion: headstart.dev/v1alpha1
  kind: ScalingPolicy
  metadata: {name: a, annotations: {note: "x/y"}}
  spec:
    leadTime: 10m
    limits: {minReplicas: 1, maxReplicas: 20}
    signals:
    - name: calendar
      required: true
      schedule:
        timeZone: Europe/Paris
        default: 2
        rules:
        - {name: "😀 day", days: [Monday], start: 09:00, end: 18:00, replicas: 3, priority: -1}
    - prometheus: {query: "sum(rate(x[1m]))", threshold: 2.5, onEmpty: zero}
  """

private let json = #"""
  {"apiVersion":"headstart.dev\/v1alpha1","kind":"ScalingPolicy",
  	"metadata": {"name": "a", "annotations": {"note": "x\/y"}},
    "spec": {"leadTime": "10m", "limits": {"minReplicas":1,"maxReplicas":20},
      "whenUnavailable": null,
      "signals": [
        {"name": "calendar", "required": true, "schedule": {
          "timeZone": "Europe/Paris", "default": 2,
          "rules": [{"name": "\ud83d\ude00 day", "days": ["Monday"], "start": "09:00",
            "end": "18:00", "replicas": 3, "priority": -1}]}},
        {"prometheus": {"query": "sum(rate(x[1m]))", "threshold": 2.5e0, "onEmpty": "zero"}}
      ]}}
  """#

struct JSONTests {
  @Test func `JSON says the same as YAML`() {
    let fromYAML = decode(yaml)
    let fromJSON = decode(json)
    #expect(fromYAML.lines == [])
    #expect(fromJSON.lines == [])
    #expect(fromJSON.policies == fromYAML.policies)
    #expect(fromJSON.policies.count == 1)
  }

  @Test func `an error in JSON has its line and column`() {
    let broken = json.replacing("\"replicas\": 3", with: "\"replicas\": \"3\"")
    #expect(
      decode(broken).lines == [
        "a.yaml:9:39: error: spec.signals[0].schedule.rules[0].replicas: expected a whole number "
          + "from 0 to 1000000, or a relative one such as \"+20%\" or \"x1.5\", found the text \"3\"; "
          + "leave out the quotes"
      ])
  }

  @Test func `JSON that is cut off is an error at its end`() {
    #expect(
      decode("{\"apiVersion\": \"v1\",\n \"kind\"").lines == [
        "a.yaml:2:8: error: malformed YAML: did not find expected ',' or '}' while parsing a flow "
          + "mapping that starts at line 1, column 1; close it, or quote text that holds a brace, a "
          + "bracket or a comma"
      ])
  }
}
