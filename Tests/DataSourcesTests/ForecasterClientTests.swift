internal import HTTPClient
internal import Scaling
internal import Telemetry
internal import TestKit
internal import Testing
internal import Time

@testable internal import DataSources

@Suite struct ForecasterClientTests {
  private let endpoint = SourceEndpoint(Fixtures.forecaster())

  private func forecast(
    _ response: HTTPResponse, workload: String = "my-api"
  ) throws(FetchFailure) -> ForecasterClient.Forecast {
    try ForecasterClient.forecast(in: response, workload: workload, from: endpoint)
  }

  private func failure(_ response: HTTPResponse, workload: String = "my-api") -> FetchFailure? {
    do {
      _ = try forecast(response, workload: workload)
      return nil
    } catch {
      return error
    }
  }

  /// An answer with one field exchanged.
  private func answer(
    replicas: String = "[1,2,3]", generatedAt: String = "\"2026-11-20T22:42:18Z\"",
    step: String = "60", workload: String = "\"my-api\""
  ) -> HTTPResponse {
    .ok(
      """
      {"workload":\(workload),"desiredReplicas":\(replicas),"generatedAt":\(generatedAt),\
      "stepSeconds":\(step),"values":[1.5,{"a":[]}],"metric":"rps","extra":null}
      """)
  }

  @Test(arguments: [
    ("http://f:8081", "my-api", "http://f:8081/forecast/current?workload=my-api"),
    (
      "http://f/prefix/", "a b/ü&x=1",
      "http://f/prefix/forecast/current?workload=a%20b%2F%C3%BC%26x%3D1"
    ),
  ])
  func `asks for the workload, escaped`(address: String, workload: String, expected: String) {
    let request = ForecasterClient.request(
      workload: workload, from: SourceEndpoint(Fixtures.forecaster(address)))
    #expect(request.url == expected)
    #expect(request.method == .get)
  }

  @Test func `reads the recorded answer`() throws {
    let forecast = try forecast(HTTPResponse(status: 200, body: try Fixtures.forecast()))
    #expect(forecast.series.generatedAt == (try Instant(rfc3339: "2026-11-20T22:42:18Z")))
    #expect(forecast.series.step == .seconds(15))
    #expect(forecast.series.replicas.count == 120)
    #expect(forecast.series.replicas.prefix(4) == [31, 31, 32, 24])
    #expect(!forecast.isStale)
  }

  @Test(arguments: [
    ("true", true), ("True", true), (" true ", true), ("false", false), ("", false),
  ])
  func `hears that a snapshot is stale`(value: String, expected: Bool) throws {
    var response = answer()
    response.headers = HTTPHeaders([("X-Kedastral-Stale", value)])
    #expect(try forecast(response).isStale == expected)
  }

  @Test(arguments: [
    ("60", Duration.seconds(60)), ("1", .seconds(1)), ("1.5", .milliseconds(1500)),
    ("1e1", .seconds(10)), ("31536000", .seconds(31_536_000)),
  ])
  func `takes steps from a second to a year`(step: String, expected: Duration) throws {
    #expect(try forecast(answer(step: step)).series.step == expected)
  }

  @Test(arguments: [
    "0", "-0", "-60", "0.001", "0.5", "0.999", "31536001", "1e300", "NaN", "\"60\"", "null", "true",
  ])
  func `refuses other steps`(step: String) {
    #expect(failure(answer(step: step))?.reason == .decode)
  }

  @Test(arguments: [
    ("[0]", [0]), ("[3.0, 1e2]", [3, 100]), ("[2147483647]", [2_147_483_647]),
  ])
  func `takes whole replicas`(replicas: String, expected: [Int]) throws {
    #expect(try forecast(answer(replicas: replicas)).series.replicas == expected)
  }

  @Test(arguments: [
    ("[]", "desiredReplicas is empty"), ("null", "desiredReplicas is empty"),
    ("[1,-1]", "desiredReplicas[1] is -1, expected 0 to 2147483647"),
    ("[2147483648]", "desiredReplicas[0] is 2147483648, expected 0 to 2147483647"),
    ("[2.5]", "expected a whole number, found \"2.5\""), ("[NaN]", "found \"NaN\""),
    ("[Infinity]", "found \"Infinity\""), ("[1e999]", "\"1e999\" is out of range"),
    ("[null]", "expected a number, found \"null\""), ("[\"1\"]", "expected a number"),
    ("{}", "expected an array, found \"{}"), ("3", "expected an array, found \"3\""),
  ])
  func `refuses other replicas`(replicas: String, expected: String) throws {
    let failure = try #require(self.failure(answer(replicas: replicas)))
    #expect(failure.reason == .decode)
    #expect(failure.message.contains(expected), "\(failure.message)")
    #expect(
      failure.message.hasPrefix(
        "http://forecaster:8081/forecast/current answered a forecast of workload \"my-api\" that"
          + " cannot be used: "))
    #expect(!failure.concernsSource)
  }

  @Test(arguments: ["desiredReplicas", "generatedAt", "stepSeconds", "workload", "values"])
  func `refuses a field that is given twice`(field: String) {
    let body = String(decoding: answer().body, as: UTF8.self)
    let twice = body.dropLast() + ",\"\(field)\":[7]}"
    let failure = failure(.ok(String(twice)))
    #expect(failure?.message.contains("the key \"\(field)\" is given twice") == true)
  }

  @Test func `takes the longest forecast and refuses one step more`() throws {
    func replicas(_ count: Int) -> String {
      "[" + Array(repeating: "1", count: count).joined(separator: ",") + "]"
    }
    let limit = ForecasterClient.maximumSteps
    #expect(try forecast(answer(replicas: replicas(limit))).series.replicas.count == limit)
    for count in [limit + 1, 1_000_000] {
      let failure = failure(answer(replicas: replicas(count)))
      #expect(failure?.message.contains("desiredReplicas has more than 100000 steps") == true)
    }
  }

  @Test(arguments: [
    "\"yesterday\"", "\"\"", "1732142538", "null", "\"2026-02-30T00:00:00Z\"",
    "\"2026-11-20 22:42:18\"",
  ])
  func `refuses what is not a time`(time: String) {
    #expect(failure(answer(generatedAt: time))?.reason == .decode)
  }

  @Test func `refuses the forecast of another workload`() {
    let failure = failure(answer(workload: "\"other\""))
    #expect(failure?.message.contains("it is for another workload, \"other\"") == true)
  }

  @Test(arguments: ["desiredReplicas", "generatedAt", "stepSeconds"])
  func `misses fields by name`(field: String) {
    let body = String(decoding: answer().body, as: UTF8.self)
      .replacing("\"\(field)\"", with: "\"something\"")
    #expect(failure(.ok(body))?.message.contains("expected the field \(field)") == true)
  }

  @Test func `does without the workload's name`() throws {
    let body = String(decoding: answer().body, as: UTF8.self)
      .replacing("\"workload\"", with: "\"something\"")
    #expect(try forecast(.ok(body)).series.replicas == [1, 2, 3])
  }

  @Test func `an unknown workload is not the forecaster's fault`() throws {
    let failure = try #require(self.failure(try Fixtures.unknownWorkload(), workload: "nope"))
    #expect(failure.reason == .noForecast)
    #expect(!failure.concernsSource)
    #expect(
      failure.message
        == "the forecaster http://forecaster:8081/forecast/current has no forecast for workload"
        + " \"nope\" (HTTP 404: snapshot not found for workload \"nope\")")
  }

  @Test(arguments: ["", "404 page not found\n", "<html>", "{\"error\":1}", "{\"error\":"])
  func `takes any body of a 404`(body: String) {
    let failure = failure(HTTPResponse(status: 404, body: Array(body.utf8)))
    #expect(failure?.reason == .noForecast)
  }

  @Test(arguments: [204, 301, 400, 401, 403, 422, 429, 500, 503])
  func `any other status may be the forecaster's fault`(status: Int) {
    let failure = failure(HTTPResponse(status: status, body: Array("no \n way".utf8)))
    #expect(failure?.reason == .httpStatus)
    #expect(failure?.concernsSource == true)
    #expect(
      failure?.message
        == "http://forecaster:8081/forecast/current answered HTTP \(status) \"no way\""
    )
  }

  @Test func `a page instead of JSON is the forecaster's fault`() {
    let failure = failure(.ok("<!DOCTYPE html><title>Login</title>"))
    #expect(failure?.reason == .decode)
    #expect(failure?.concernsSource == true)
    #expect(failure?.message.contains("expected an object, found \"<!DOCTYPE") == true)
  }

  @Test func `secrets that the server repeats are not passed on`() {
    var source = Fixtures.forecaster("http://me:addresspass@forecaster:8081")
    source.headers = ["X-Api-Key": "headersecret"]
    source.parameters = ["access_token": "parametersecret", "team": "shop-team"]
    source.basicAuth = DataSource.BasicAuth(username: "user", passwordFile: "/unused")
    let endpoint = SourceEndpoint(
      source, token: Redacted("tokensecret"), password: Redacted("hunter2"))
    let echo =
      "Bearer tokensecret; headersecret; hunter2; dXNlcjpodW50ZXIy; bWU6YWRkcmVzc3Bhc3M=;"
      + " addresspass; parametersecret; shop-team"
    for status in [404, 500] {
      do {
        _ = try ForecasterClient.forecast(
          in: HTTPResponse(status: status, body: Array(echo.utf8)), workload: "w", from: endpoint)
        Issue.record("took an error for a forecast")
      } catch {
        #expect(
          error.message.contains(
            "[redacted]; [redacted]; [redacted]; [redacted]; [redacted]; [redacted]; [redacted]; shop-team"
          ), "\(error.message)")
      }
    }
  }

  @Test(arguments: [
    "sécret/t0ken==", #"{"a": sécret/t0ken==}"#, #"{"workload": "sécret/t0ken=="}"#,
    #"{"generatedAt": "sécret/t0ken=="}"#, #"{"stepSeconds": 1.sécret/t0ken==}"#,
  ])
  func `secrets in an answer that is no forecast are not passed on`(body: String) {
    let endpoint = SourceEndpoint(
      Fixtures.forecaster("http://f"), token: Redacted("sécret/t0ken=="))
    #expect {
      try ForecasterClient.forecast(
        in: HTTPResponse(status: 200, body: Array(body.utf8)), workload: "w", from: endpoint)
    } throws: {
      let message = ($0 as? FetchFailure)?.message ?? ""
      return message.contains("[redacted]") && !message.contains("sé") && !message.contains("t0k")
    }
  }

  @Test func `no prefix of the recorded answer is a forecast`() throws {
    let body = try Fixtures.forecast()
    for end in 0..<body.count - 1 {
      let prefix = HTTPResponse(status: 200, body: Array(body[..<end]))
      #expect(failure(prefix)?.reason == .decode, "\(end)")
    }
  }

  @Test func `no mutation of the recorded answer traps`() throws {
    let body = try Fixtures.forecast()
    var mutator = Mutator(seed: 2)
    for _ in 0..<3000 {
      let response = HTTPResponse(status: 200, body: mutator.mutated(body))
      guard let forecast = try? forecast(response) else { continue }
      #expect(forecast.series.step > .zero)
      #expect(forecast.series.replicas.allSatisfy { $0 >= 0 })
    }
  }

  @Test(arguments: [
    (200, true), (204, true), (404, true), (302, false), (401, false), (500, false),
  ])
  func `a probe asks for any sign of life`(status: Int, isAlive: Bool) {
    #expect(ForecasterClient.probe(from: endpoint).url == "http://forecaster:8081/healthz")
    let result = Result {
      try ForecasterClient.checkProbe(HTTPResponse(status: status), from: endpoint)
    }
    #expect(((try? result.get()) != nil) == isAlive)
  }
}
