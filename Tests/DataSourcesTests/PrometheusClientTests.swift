internal import HTTPClient
internal import Scaling
internal import Telemetry
internal import TestKit
internal import Testing
internal import Time

@testable internal import DataSources

@Suite struct PrometheusClientTests {
  private let endpoint = SourceEndpoint(Fixtures.prometheus())
  private let now = Instant(milliseconds: 1_763_678_000_500)

  private func sample(
    _ response: HTTPResponse, onEmpty: EmptyResult = .error
  ) throws(FetchFailure) -> PrometheusClient.Sample {
    guard
      case .whole(let sample) = try PrometheusClient.sample(
        in: response, onEmpty: onEmpty, from: endpoint)
    else { throw FetchFailure(.decode, "it is partial") }
    return sample
  }

  @Test(
    "An answer that the server calls partial is a bound",
    arguments: [
      (#","isPartial":true"#, true), (#","isPartial":false"#, false),
      (#","isPartial":null"#, false),
      (#","warnings":["receive series from Addr: store-2:10901: Unavailable"]"#, true),
      (#","warnings":["PromQL warning: metric might not be a counter"]"#, false),
      (#","infos":["PromQL info: metric might not be a counter"]"#, false),
      (#","infos":["anything"]"#, false), (#","warnings":null"#, false),
    ])
  func partial(fields: String, isPartial: Bool) throws {
    let whole = Self.vector(Self.sample("", "3"))
    let body = whole.dropLast() + fields + "}"
    let response = HTTPResponse(status: 200, body: Array(body.utf8))
    let outcome = try PrometheusClient.sample(in: response, onEmpty: .error, from: endpoint)
    if case .partial(let bound, let reason) = outcome {
      #expect(isPartial && bound == 3 && reason.contains("in part"))
    } else {
      #expect(!isPartial)
    }
    var accepting = Fixtures.prometheus()
    accepting.acceptsPartialAnswers = true
    guard
      case .whole = try PrometheusClient.sample(
        in: response, onEmpty: .error, from: SourceEndpoint(accepting))
    else {
      Issue.record("it was to be accepted")
      return
    }
  }

  @Test func `An empty partial answer is no zero`() throws {
    let body = String(Self.vector().dropLast()) + #","isPartial":true}"#
    let outcome = try PrometheusClient.sample(
      in: HTTPResponse(status: 200, body: Array(body.utf8)), onEmpty: .zero, from: endpoint)
    guard case .partial(atLeast: nil, _) = outcome else {
      Issue.record("\(outcome)")
      return
    }
  }

  private func failure(_ response: HTTPResponse) -> FetchFailure? {
    do {
      _ = try sample(response)
      return nil
    } catch {
      return error
    }
  }

  private static func scalar(_ value: String) -> String {
    #"{"status":"success","data":{"resultType":"scalar","result":[1763678000.123,"\#(value)"]}}"#
  }

  private static func vector(_ samples: String...) -> String {
    #"{"status":"success","data":{"resultType":"vector","result":[\#(samples.joined(separator: ","))]}}"#
  }

  private static func sample(_ labels: String, _ value: String) -> String {
    #"{"metric":{\#(labels)},"value":[1763678000,"\#(value)"]}"#
  }

  @Test func `posts the query as a form`() {
    var source = Fixtures.prometheus("http://prometheus:9090/prefix")
    source.timeout = .milliseconds(2500)
    source.headers = ["X-Scope-OrgID": "team-a"]
    let request = PrometheusClient.request(
      promQL: #"sum(rate(a{b="c d"}[1m])) + 1 & 2"#,
      from: SourceEndpoint(source, token: Redacted("t0ken")), now: now)
    #expect(request.method == .post)
    #expect(request.url == "http://prometheus:9090/prefix/api/v1/query")
    #expect(
      request.body.map { String(decoding: $0, as: UTF8.self) }
        == "query=sum%28rate%28a%7Bb%3D%22c%20d%22%7D%5B1m%5D%29%29%20%2B%201%20%26%202&timeout=2.5"
    )
    #expect(request.headers.contains(HTTPField("X-Scope-OrgID", "team-a")))
    #expect(request.headers.contains(HTTPField("Authorization", "Bearer t0ken")))
    #expect(
      request.headers.contains(HTTPField("Content-Type", "application/x-www-form-urlencoded")))
    #expect(request.timeout == .milliseconds(2500))
  }

  @Test func `sends the parameters of the source and of the query`() {
    var source = Fixtures.prometheus("http://p:9090")
    source.parameters = ["max_source_resolution": "5m", "partial_response": "true"]
    let options = RequestOptions(parameters: ["namespace": "a b", "partial_response": "false"])
    let endpoint = SourceEndpoint(source)
    let request = PrometheusClient.request(
      promQL: "up", from: SourceEndpoint(source.asked(with: options)), now: now)
    let sent = "&namespace=a%20b&max_source_resolution=5m&partial_response=false"
    let parts = Set(sent.split(separator: "&"))
    let body = request.body.map { String(decoding: $0, as: UTF8.self) } ?? ""
    #expect(Set(body.split(separator: "&").dropFirst(2)) == parts)
    let got = PrometheusClient.request(
      promQL: "up", from: endpoint, form: QueryForm(method: .get), now: now)
    #expect(got.url.hasSuffix("&max_source_resolution=5m&partial_response=true"))
  }

  @Test(arguments: [
    "http://p:9090", "http://p:9090/", "http://p:9090/api/v1", "http://p:9090/api/v1/",
    "http://p:9090//api/v1//",
  ])
  func `takes an address that ends in api v1, and names the URL asked`(address: String) {
    let endpoint = SourceEndpoint(Fixtures.prometheus(address))
    let request = PrometheusClient.request(promQL: "up", from: endpoint, now: now)
    #expect(request.url == "http://p:9090/api/v1/query")
    #expect {
      try PrometheusClient.sample(
        in: HTTPResponse(status: 404), onEmpty: .error, from: endpoint)
    } throws: {
      ($0 as? FetchFailure)?.message == "http://p:9090/api/v1/query answered HTTP 404"
    }
  }

  @Test func `keeps a prefix of the address, and other endings`() {
    for address in ["http://p/api/v2", "http://p/x/api", "http://p/myapi/v1"] {
      let endpoint = SourceEndpoint(Fixtures.prometheus(address))
      #expect(
        PrometheusClient.request(promQL: "up", from: endpoint, now: now).url
          == "\(address)/api/v1/query")
    }
    let prefixed = SourceEndpoint(Fixtures.prometheus("http://p/select/0/prometheus/api/v1"))
    #expect(
      PrometheusClient.request(promQL: "up", from: prefixed, now: now).url
        == "http://p/select/0/prometheus/api/v1/query")
  }

  @Test(arguments: [
    ("42", 42), ("0", 0), ("-1.5", -1.5), ("1e+06", 1e6), ("0.1", 0.1),
    ("12345678.901234567", 12_345_678.901_234_567),
  ])
  func `reads a scalar and a vector of one sample`(text: String, expected: Double) throws {
    #expect(try sample(.ok(Self.scalar(text))).value == expected)
    #expect(try sample(.ok(Self.vector(Self.sample("", text)))).value == expected)
  }

  @Test func `reads the fields in any order, and passes over unknown ones`() throws {
    let body = #"""
      {"warnings":null,"data":{"stats":{},"result":[{"value":[1,"7"],"metric":{"a":"b"}}],
      "resultType":"vector"},"x":[{}],"status":"success","infos":["PromQL info: x"]}
      """#
    let sample = try sample(.ok(body))
    #expect(sample.value == 7)
    #expect(sample.warnings == ["PromQL info: x"])
  }

  @Test func `passes warnings on, a few of them`() throws {
    let many = (1...9).map { "\"PromQL warning: \($0)\"" }.joined(separator: ",")
    let body = Self.scalar("1").dropLast() + ",\"warnings\":[\(many)]}"
    #expect(try sample(.ok(String(body))).warnings == (1...5).map { "PromQL warning: \($0)" })
  }

  @Test(arguments: ["NaN", "+Inf", "-Inf", "Inf"])
  func `refuses values that are not finite`(text: String) {
    for body in [Self.scalar(text), Self.vector(Self.sample("", text))] {
      #expect(failure(.ok(body))?.reason == .notFinite)
      #expect(
        failure(.ok(body))?.message == "the query's value is \(text), expected a finite number")
    }
  }

  @Test(arguments: [
    "", " 1", "1 ", "0x10", "nan", "inf", "1,5", "ten", "1e999", "--1", "null", "[1]",
  ])
  func `refuses values that are no numbers`(text: String) {
    #expect(failure(.ok(Self.scalar(text)))?.reason == .decode)
  }

  @Test func `an empty result is an error, or zero on request`() throws {
    for body in [Self.vector(), Self.vector().replacing("[]", with: "null")] {
      #expect(failure(.ok(body))?.reason == .empty)
      #expect(try sample(.ok(body), onEmpty: .zero).value == 0)
    }
  }

  @Test func `several samples are an error that names them`() throws {
    let two = Self.vector(
      Self.sample(#""__name__":"up","job":"a""#, "1"), Self.sample(#""job":"b\n""#, "1"))
    let failure = try #require(self.failure(.ok(two)))
    #expect(failure.reason == .severalSamples)
    #expect(
      failure.message
        == "the query has 2 results, up{job=\"a\"} and {job=\"b \"}, expected exactly one: wrap it"
        + " in sum(...) or max(...)")
    let many = Self.vector(
      Self.sample(#""a":"1""#, "1"), Self.sample(#""a":"2""#, "1"), Self.sample(#""a":"3""#, "1"))
    #expect(
      self.failure(.ok(many))?.message.contains(
        "3 results, {a=\"1\"} and {a=\"2\"} among them, expected") == true)
  }

  @Test(arguments: [
    (#""resultType":"string","result":[1,"x"]"#, FetchFailure.Reason.resultType),
    (#""resultType":"matrix","result":[]"#, .resultType),
    (#""resultType":"new","result":{}"#, .resultType),
    (
      #""resultType":"vector","result":[{"metric":{},"histogram":[1,{"count":"1"}]}]"#, .resultType
    ),
    (#""resultType":"vector","result":[{"metric":{}}]"#, .decode),
    (#""resultType":"vector","result":[{"metric":{},"value":[1]}]"#, .decode),
    (#""resultType":"vector","result":[{"metric":{},"value":[1,"2",3]}]"#, .decode),
    (#""resultType":"vector","result":[{"metric":{},"value":["1",2]}]"#, .decode),
    (#""resultType":"vector","result":[{"metric":[],"value":[1,"2"]}]"#, .decode),
    (#""resultType":"vector","result":[1]"#, .decode), (#""resultType":"vector""#, .decode),
    (#""resultType":"scalar","result":[]"#, .decode), (#""result":[1,"2"]"#, .decode),
    (#""resultType":7,"result":[1,"2"]"#, .decode),
  ])
  func `refuses other results`(data: String, reason: FetchFailure.Reason) {
    let failure = failure(.ok("{\"status\":\"success\",\"data\":{\(data)}}"))
    #expect(failure?.reason == reason)
    #expect(failure?.concernsSource == false)
  }

  @Test(arguments: [
    (400, "bad_data", FetchFailure.Reason.query, false), (422, "execution", .query, false),
    (503, "timeout", .query, false), (503, "canceled", .query, false),
    (503, "unavailable", .httpStatus, true), (500, "internal", .httpStatus, true),
    (200, "bad_data", .query, false), (422, "422", .query, false), (200, "422", .query, false),
    (400, "400", .query, false), (422, "no_such_type", .query, false),
    (429, "429", .httpStatus, true), (429, "too_many_requests", .httpStatus, true),
    (503, "503", .httpStatus, true),
  ])
  func `tells Prometheus's own errors`(
    status: Int, type: String, reason: FetchFailure.Reason, concernsSource: Bool
  ) {
    let body = "{\"status\":\"error\",\"errorType\":\"\(type)\",\"error\":\"1:5: parse\\nerror\"}"
    let failure = failure(HTTPResponse(status: status, body: Array(body.utf8)))
    #expect(failure?.reason == reason)
    #expect(failure?.concernsSource == concernsSource)
    #expect(
      failure?.message
        == "http://prometheus:9090/api/v1/query answered HTTP \(status) \"\(type): 1:5: parse error\""
    )
  }

  @Test(arguments: [
    (422, #"{"status":"error","errorType":422,"error":"x"}"#),
    (400, #"{"status":"error","error":"x"}"#),
    (400, #"{"status":"error","errorType":null,"error":null}"#),
    (422, #"{"status":"error","error":{"message":"x"}}"#),
    (200, #"{"status":"error","errorType":422}"#),
  ])
  func `errors of a query are its own in other shapes, too`(status: Int, body: String) {
    let failure = failure(HTTPResponse(status: status, body: Array(body.utf8)))
    #expect(failure?.reason == .query)
    #expect(failure?.concernsSource == false)
    #expect(failure?.message.contains("answered HTTP \(status)") == true)
  }

  @Test(arguments: [
    (401, "no"), (404, "404 page not found"), (502, "<html>"), (503, ""),
    (400, "Client sent an HTTP request to an HTTPS server."),
    (503, #"{"status":"error","errorType":503,"error":"x"}"#),
    (500, "{\"error\":\"x\"}"),
    (204, ""), (201, PrometheusClientTests.scalar("1")),
  ])
  func `any other status may be the server's fault`(status: Int, body: String) {
    let failure = failure(HTTPResponse(status: status, body: Array(body.utf8)))
    #expect(failure?.reason == .httpStatus)
    #expect(failure?.concernsSource == true)
    #expect(failure?.message.contains("answered HTTP \(status)") == true)
  }

  @Test(arguments: [("<html>", true), ("", true), ("null", true), ("{", false), ("{}", false)])
  func `refuses what is not an answer of the API`(body: String, concernsSource: Bool) {
    let failure = failure(.ok(body))
    #expect(failure?.reason == .decode)
    #expect(failure?.concernsSource == concernsSource)
    #expect(failure?.message.contains("at byte") == true)
  }

  @Test(arguments: [
    #"{"status":"success","data":{"resultType":"vector","result":[{"value":[1,"3"],"value":[1,"9"]}]}}"#,
    #"{"status":"success","data":{"resultType":"scalar","result":[1,"3"]},"data":{"resultType":"scalar","result":[1,"9"]}}"#,
    #"{"status":"error","status":"success","data":{"resultType":"scalar","result":[1,"9"]}}"#,
    #"{"status":"success","data":{"resultType":"scalar","result":[1,"3"],"result":[1,"9"]}}"#,
  ])
  func `a key that is given twice is no answer`(body: String) {
    #expect(failure(.ok(body))?.message.contains("is given twice at byte") == true)
  }

  @Test func `no prefix of an answer is an answer`() {
    let body = Array(Self.vector(Self.sample(#""a":"é\u00e9""#, "12.5")).utf8)
    for end in 0..<body.count {
      let prefix = HTTPResponse(status: 200, body: Array(body[..<end]))
      #expect(failure(prefix)?.reason == .decode, "\(end)")
    }
  }

  @Test func `no mutation of an answer traps`() {
    let body = Array(Self.vector(Self.sample(#""a":"b""#, "12.5")).utf8)
    var mutator = Mutator(seed: 3)
    for _ in 0..<5000 {
      let response = HTTPResponse(status: 200, body: mutator.mutated(body))
      guard let sample = try? sample(response, onEmpty: .error) else { continue }
      #expect(sample.value.isFinite)
    }
  }

  @Test(arguments: [
    #"{"status":"success","data":{"resultType":"vector","result":[{"metric":{"a":"t0kent0ken"},"value":[1,"1"]},{"metric":{},"value":[1,"1"]}]}}"#,
    #"{"status":"success","data":{"resultType":"scalar","result":[1,"t0kent0ken"]}}"#,
    #"{"status":"success","data":{"resultType":"t0kent0ken","result":[]}}"#,
    #"{"status":"error","errorType":"bad_data","error":"t0kent0ken"}"#, "t0kent0ken",
    #"{"status": t0kent0ken}"#,
  ])
  func `secrets that the server repeats are not passed on`(body: String) {
    let endpoint = SourceEndpoint(Fixtures.prometheus("http://p"), token: Redacted("t0kent0ken"))
    let response = HTTPResponse(status: 200, body: Array(body.utf8))
    #expect {
      try PrometheusClient.sample(in: response, onEmpty: .error, from: endpoint)
    } throws: {
      let message = ($0 as? FetchFailure)?.message ?? ""
      return message.contains("[redacted]") && !message.contains("t0k")
    }
  }

  @Test func `secrets in a warning are not passed on`() throws {
    let endpoint = SourceEndpoint(Fixtures.prometheus("http://p"), token: Redacted("t0kent0ken"))
    let body =
      #"{"status":"success","data":{"resultType":"scalar","result":[1,"1"]},"warnings":["PromQL info: t0kent0ken?"]}"#
    let outcome = try PrometheusClient.sample(
      in: HTTPResponse(status: 200, body: Array(body.utf8)), onEmpty: .error, from: endpoint)
    guard case .whole(let sample) = outcome else {
      Issue.record("\(outcome)")
      return
    }
    #expect(sample.warnings == ["PromQL info: [redacted]?"])
  }
}
