internal import Testing

@testable internal import Manifests

private let signals = "signals: [{forecast: {}}]"

struct PolicyDiagnosticTests {
  @Test(arguments: [
    RejectedText(
      policy("leadtime: 5m\n" + signals),
      "5:3: error: spec.leadtime: unknown field; did you mean leadTime?"),
    RejectedText(
      policy("colour: red\n" + signals),
      "5:3: error: spec.colour: unknown field; known here: "
        + "scaleTargetRef, leadTime, limits, whenUnavailable, hold, activity, scaling, observe, signals"
    ),
    RejectedText(
      policy("leadTime: 300\n" + signals),
      "5:13: error: spec.leadTime: expected a duration from 0s to 7d, such as 90s or 1h30m, "
        + "found the number 300; add a unit: write 300s for seconds"),
    RejectedText(
      policy("leadTime: 5 min\n" + signals),
      "5:13: error: spec.leadTime: expected a duration from 0s to 7d, such as 90s or 1h30m; "
        + "\"5 min\" has the unknown unit \" min\"; the units are ns, us, ms, s, m, h, d and w,"
        + " of which m is meant"),
    RejectedText(
      policy("leadTime: 7d1ms\n" + signals),
      "5:13: error: spec.leadTime: expected a duration from 0s to 7d, such as 90s or 1h30m, "
        + "found the text \"7d1ms\""),
    RejectedText(
      policy("hold: -1s\n" + signals),
      "5:9: error: spec.hold: expected forever or a duration from 0s to 7d, such as 90s or 1h30m, "
        + "found the text \"-1s\""),
    RejectedText(
      policy("whenUnavailable: inactiv\n" + signals),
      "5:20: error: spec.whenUnavailable: expected error or inactive, "
        + "found the text \"inactiv\"; did you mean inactive?"),
    RejectedText(
      policy("scaleTargetRef: {kind: Deployment}\n" + signals),
      "5:19: error: spec.scaleTargetRef.name: missing; it is required"),
    RejectedText(
      policy("limits: 5\n" + signals),
      "5:11: error: spec.limits: expected a mapping, found the number 5;"
        + " write {minReplicas: 2, maxReplicas: 50}"),
    RejectedText(
      policy("limits: {minReplicas: \"10\"}\n" + signals),
      "5:25: error: spec.limits.minReplicas: expected a whole number from 0 to 1000000, "
        + "found the text \"10\"; leave out the quotes"),
    RejectedText(
      policy("limits: {minReplicas: 010}\n" + signals),
      "5:25: error: spec.limits.minReplicas: expected a whole number from 0 to 1000000, "
        + "found the number 010; leave out the leading zero, "
        + "which makes the number octal for some readers"),
    RejectedText(
      policy("limits: {minReplicas: -1}\n" + signals),
      "5:25: error: spec.limits.minReplicas: expected a whole number from 0 to 1000000, "
        + "found the number -1"),
    RejectedText(
      policy("limits: {maxReplicas: 1000001}\n" + signals),
      "5:25: error: spec.limits.maxReplicas: expected a whole number from 0 to 1000000, "
        + "found the number 1000001"),
    RejectedText(
      policy("limits: {maxReplicas: 99999999999999999999}\n" + signals),
      "5:25: error: spec.limits.maxReplicas: expected a whole number from 0 to 1000000, "
        + "found the number 99999999999999999999"),
    RejectedText(
      policy("limits: {maxReplicas: 1.0}\n" + signals),
      "5:25: error: spec.limits.maxReplicas: expected a whole number from 0 to 1000000, "
        + "found the number 1.0"),
    RejectedText(
      policy("limits: {maxReplicas: .nan}\n" + signals),
      "5:25: error: spec.limits.maxReplicas: expected a whole number from 0 to 1000000, "
        + "found the number .nan"),
    RejectedText(
      policy("limits: {minReplicas: 5, maxReplicas: 4}\n" + signals),
      "5:41: error: spec.limits.maxReplicas: expected at least minReplicas, which is 5, "
        + "found the number 4"),
    RejectedText(
      policy("leadTime: 5m"),
      "5:3: error: spec.signals: missing; it is required, such as signals: [{schedule: {default: 2}}]"
    ),
    RejectedText(
      policy("signals:"),
      "5:3: error: spec.signals: missing; it is required, such as signals: [{schedule: {default: 2}}]"
    ),
    RejectedText(
      policy("signals: {}"), "5:12: error: spec.signals: expected a list, found a mapping"),
    RejectedText(
      policy("signals: []"),
      "5:12: error: spec.signals: expected at least one signal, found an empty list"),
  ])
  func `a mistake in a policy is reported at its place`(rejected: RejectedText) {
    expectDiagnostic(rejected)
  }

  @Test(arguments: [
    RejectedText(
      policy("signals: [x]"),
      "5:13: error: spec.signals[0]: expected a mapping, found the text \"x\""),
    RejectedText(
      policy("signals: [{name: a}]"),
      "5:13: error: spec.signals[0]: expected one of forecast, schedule, prometheus and http, "
        + "found none of them"),
    RejectedText(
      policy("signals:\n- forecast:"),
      "6:5: error: spec.signals[0]: expected one of forecast, schedule, prometheus and http, "
        + "found none of them; forecast is empty here, write forecast: {}"),
    RejectedText(
      policy("signals: [{forecast: {}, prometheus: {query: up, threshold: 1}}]"),
      "5:40: error: spec.signals[0].prometheus: forecast is given too; "
        + "a signal has exactly one of forecast, schedule, prometheus and http"),
    RejectedText(
      policy("signals: [{forecast: {}}, {forecast: {}}]"),
      "5:29: error: spec.signals[1]: another signal is named \"forecast\" already, "
        + "the default of forecast; give this one a name"),
    RejectedText(
      policy("signals: [{forecast: {}, name: a}, {forecast: {}, name: a}]"),
      "5:59: error: spec.signals[1].name: another signal is named \"a\" already; "
        + "names are unique within a policy"),
    RejectedText(
      policy("signals: [{forecast: {}, required: yes}]"),
      "5:38: error: spec.signals[0].required: expected true or false, "
        + "found the text \"yes\"; write true"),
    RejectedText(
      policy("signals: [{forecast: {}, name: \"a\\nb\"}]"),
      "5:34: error: spec.signals[0].name: expected a name of at most 128 characters, "
        + "on one line, found the text \"a\\nb\""),
    RejectedText(
      policy("signals: [{forecast: {}, name: 5}]"),
      "5:34: error: spec.signals[0].name: expected a name of at most 128 characters, "
        + "on one line, found the number 5; put it in quotes"),
    RejectedText(
      policy("signals: [{forecast: {source: Main}}]"),
      "5:33: error: spec.signals[0].forecast.source: expected a name of at most 253 lowercase "
        + "letters, digits, \"-\" and \".\" that starts and ends with a letter or a digit, "
        + "found the text \"Main\"; write main"),
    RejectedText(
      policy("signals: [{forecast: {maxAge: 999ms}}]"),
      "5:33: error: spec.signals[0].forecast.maxAge: expected a duration from 1s to 7d, "
        + "such as 90s or 1h30m, found the text \"999ms\""),
    RejectedText(
      policy("signals: [{prometheus: {threshold: 1}}]"),
      "5:26: error: spec.signals[0].prometheus.query: missing; it is required, such as query: "
        + "sum(rate(http_requests_total[1m]))"),
    RejectedText(
      policy("signals: [{prometheus: {query: up}}]"),
      "5:26: error: spec.signals[0].prometheus.threshold: missing; it is required, such as threshold: "
        + "100"),
    RejectedText(
      policy("signals: [{prometheus: {query: ' ', threshold: 1}}]"),
      "5:34: error: spec.signals[0].prometheus.query: expected a PromQL query, found only spaces"),
    RejectedText(
      policy("signals: [{prometheus: {query: \"a\\0\", threshold: 1}}]"),
      "5:34: error: spec.signals[0].prometheus.query: expected a PromQL query without U+0000, "
        + "which is found here"),
    RejectedText(
      policy("signals: [{prometheus: {query: up, threshold: 0}}]"),
      "5:49: error: spec.signals[0].prometheus.threshold: expected a number above 0, "
        + "found the number 0"),
    RejectedText(
      policy("signals: [{prometheus: {query: up, threshold: .inf}}]"),
      "5:49: error: spec.signals[0].prometheus.threshold: expected a number above 0, "
        + "found the number .inf"),
    RejectedText(
      policy("signals: [{prometheus: {query: up, threshold: 1e999}}]"),
      "5:49: error: spec.signals[0].prometheus.threshold: expected a number above 0, "
        + "found the number 1e999"),
    RejectedText(
      policy("signals: [{prometheus: {query: up, threshold: '1'}}]"),
      "5:49: error: spec.signals[0].prometheus.threshold: expected a number above 0, "
        + "found the text \"1\"; leave out the quotes"),
    RejectedText(
      policy("signals: [{prometheus: {query: up, threshold: 1, activationThreshold: -1}}]"),
      "5:73: error: spec.signals[0].prometheus.activationThreshold: "
        + "expected a number of at least 0, found the number -1"),
    RejectedText(
      policy("signals: [{prometheus: {query: up, threshold: 1, onEmpty: null, on: x}}]"),
      "5:67: error: spec.signals[0].prometheus.on: unknown field; known here: source, query, "
        + "threshold, activationThreshold, headers, parameters, timeout, refresh, onEmpty, "
        + "uptimeFilter, uptimeCooldown, evidence, evidenceSettles"),
    RejectedText(
      policy("signals: [{prometheus: {query: up, threshold: 1, uptimeFilter: '{a=\"b\"}'}}]"),
      "5:66: error: spec.signals[0].prometheus.uptimeFilter: expected label matchers such as "
        + "job=\"my-api\", found the text \"{a=\"b\"}\"; leave out the braces"),
    RejectedText(
      policy("signals: [{prometheus: {query: up, threshold: 1, uptimeCooldown: 5m}}]"),
      "5:68: warning: spec.signals[0].prometheus.uptimeCooldown: "
        + "has no effect without uptimeFilter"),
    RejectedText(
      policy(
        "signals: [{prometheus: {query: up, threshold: 1, uptimeFilter: a=\"b\", "
          + "uptimeCooldown: 1500ms}}]"),
      "5:89: error: spec.signals[0].prometheus.uptimeCooldown: expected whole seconds, "
        + "found the text \"1500ms\""),
  ])
  func `a mistake in a signal is reported at its place`(rejected: RejectedText) {
    expectDiagnostic(rejected)
  }
}
