internal import Scaling
internal import Testing

@testable internal import Manifests

private func signal(_ fields: String) -> String {
  policy("signals: [{http: {source: x, threshold: 5, \(fields)}}]")
}

struct HTTPSignalTests {
  @Test func `every field of a signal arrives in the model`() throws {
    let file = decode(
      policy(
        """
        signals:
        - http:
            source: x
            path: /q/{now}
            method: POST
            body: '{"to": {now:ms}}'
            contentType: application/x-amz-json-1.0
            pointer: /data/0/a~1b
            threshold: 5
            activationThreshold: 1
            onEmpty: zero
            headers: {X-Tenant: a}
            parameters: {query: up, from: '{now-5m}'}
            timeout: 2s
            refresh: 1m
        """))
    #expect(file.lines == [])
    var expected = PrometheusSignal(
      source: "x", query: "", threshold: 5, activationThreshold: 1, onEmpty: .zero)
    expected.json = JSONQuery(
      path: try TimedText("/q/{now}"), isPost: true, body: try TimedText("{\"to\": {now:ms}}"),
      contentType: "application/x-amz-json-1.0", pointer: try JSONPointer("/data/0/a~1b"))
    expected.options = RequestOptions(
      headers: ["X-Tenant": "a"], parameters: ["query": "up", "from": "{now-5m}"],
      timeout: .seconds(2), refresh: .seconds(60))
    #expect(
      file.policies.first?.signals == [Signal(name: "http", kind: .prometheus(expected))])
  }

  @Test func `a forecast may come from an endpoint of any kind`() throws {
    let file = decode(
      policy(
        """
        signals:
        - forecast:
            threshold: 100
            http: {source: x, path: /f, pointer: /series, refresh: 1m}
        """))
    #expect(file.lines == [])
    guard case .forecast(let forecast)? = file.policies.first?.signals.first?.kind else {
      Issue.record("no forecast")
      return
    }
    #expect(
      forecast.origin
        == .json(
          source: "x",
          Shared(JSONQuery(path: try TimedText("/f"), pointer: try JSONPointer("/series")))))
    #expect(forecast.options == RequestOptions(refresh: .seconds(60)))
    #expect(forecast.plan?.threshold == 100)
  }

  @Test func `the options of a query and of a history arrive in the model`() {
    let file = decode(
      policy(
        """
        signals:
        - prometheus:
            {query: up, threshold: 1, headers: {X-Scope-OrgID: a}, timeout: 1s, refresh: 5s}
        - forecast:
            timeZone: UTC
            prometheus: {query: up, threshold: 1, parameters: {dedup: "true"}, timeout: 9s}
        """))
    #expect(file.lines == [])
    let kinds = file.policies.first?.signals.map(\.kind) ?? []
    guard case .prometheus(let query)? = kinds.first, case .forecast(let forecast)? = kinds.last
    else {
      Issue.record("not a query and a forecast")
      return
    }
    #expect(
      query.options
        == RequestOptions(
          headers: ["X-Scope-OrgID": "a"], timeout: .seconds(1), refresh: .seconds(5)))
    #expect(
      forecast.builtIn?.options
        == RequestOptions(parameters: ["dedup": "true"], timeout: .seconds(9)))
  }

  @Test(arguments: [
    RejectedText(
      signal("pointer: data"),
      "5:55: error: spec.signals[0].http.pointer: expected a JSON pointer such as /data/0/value,"
        + " found the text \"data\"; write /data"),
    RejectedText(
      signal("pointer: /a~b"),
      "5:55: error: spec.signals[0].http.pointer: ~ stands for itself as ~0 in a JSON pointer, and"
        + " / inside of a name is ~1"),
    RejectedText(
      signal("path: /q"), "5:20: error: spec.signals[0].http.pointer: missing; it is required"),
    RejectedText(
      signal("pointer: /a, path: q"),
      "5:65: error: spec.signals[0].http.path: expected a path such as /api/v1/queue, found the"
        + " text \"q\"; write /q"),
    RejectedText(
      signal("pointer: /a, path: '/q?a=b'"),
      "5:65: error: spec.signals[0].http.path: ? and # do not belong in a path; write what follows"
        + " ? as parameters"),
    RejectedText(
      signal("pointer: /a, path: /a/%2E./admin"),
      "5:65: error: spec.signals[0].http.path: a path cannot hold the parts . and ..; it goes after"
        + " the address of the data source"),
    RejectedText(
      signal("pointer: /a, body: b, method: GET"),
      "5:65: error: spec.signals[0].http.body: a body goes with POST; write method: POST, or leave"
        + " one of them out"),
    RejectedText(
      signal("pointer: /a, headers: {authorization: x}"),
      "5:69: error: spec.signals[0].http.headers: the header authorization is a credential, and"
        + " belongs to the data source"),
    RejectedText(
      policy("signals: [{http: {pointer: /a, threshold: 1}}]"),
      "5:20: error: spec.signals[0].http.source: missing; it is required"),
  ])
  func `a mistake in a signal is reported at its place`(rejected: RejectedText) {
    expectDiagnostic(rejected)
  }
}
