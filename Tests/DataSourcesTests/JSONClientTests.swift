internal import HTTPClient
internal import Scaling
internal import TestKit
internal import Testing
internal import Time

@testable internal import DataSources

private let now = Instant(milliseconds: 1_796_000_000_000)

private func source(_ address: String = "http://api:8080/v1") -> DataSource {
  DataSource(name: ResourceName(name: "api"), kind: .http, address: address, timeout: .patience)
}

private func query(
  _ pointer: String, path: String = "/queue", body: String? = nil
) throws -> JSONQuery {
  JSONQuery(
    path: try TimedText(path), isPost: body != nil, body: try body.map { try TimedText($0) },
    pointer: try JSONPointer(pointer))
}

struct JSONClientTests {
  // MARK: Requests

  @Test func `a GET has the path and the parameters with their times`() throws {
    var source = source()
    source.parameters = ["query": "a b", "from": "{now-5m}"]
    let request = JSONClient.request(
      try query("/n", path: "/series/{now:ms}"), from: SourceEndpoint(source), now: now)
    #expect(request.method == .get)
    #expect(
      request.url == "http://api:8080/v1/series/1796000000000?from=1795999700&query=a%20b")
    #expect(request.body == nil)
    #expect(request.headers == [HTTPField("Accept", "application/json")])
  }

  @Test func `a POST has the body with its times, and says what it is`() throws {
    let request = JSONClient.request(
      try query("/n", body: "{\"to\": {now}}"), from: SourceEndpoint(source()), now: now)
    #expect(request.method == .post)
    #expect(request.body == Array("{\"to\": 1796000000}".utf8))
    #expect(request.headers.contains(HTTPField("Content-Type", "application/json")))
  }

  // MARK: Numbers

  @Test(arguments: [
    ("/n", #"{"a": {"n": 1}, "n": 42.5}"#, 42.5), ("", "7", 7), ("", " -1e3 ", -1000),
    ("/0/datapoints/0/0", #"[{"target": "x", "datapoints": [[12.5, 1732800000]]}]"#, 12.5),
    ("/data/result/0/value/1", #"{"data": {"result": [{"value": [1.5, "12.25"]}]}}"#, 12.25),
    ("/a~1b/~0", #"{"a/b": {"~": 3}}"#, 3), ("/", #"{"": 4}"#, 4), ("/1", "[1, 2, 3]", 2),
  ])
  func `the number that the pointer points to is read`(
    pointer: String, body: String, expected: Double
  ) throws {
    let sample = try JSONClient.sample(
      in: .ok(body), of: query(pointer), onEmpty: .error, from: SourceEndpoint(source()))
    #expect(sample.value == expected)
  }

  @Test(arguments: [
    ("/n", #"{"n": "abc"}"#, FetchFailure.Reason.resultType, "the text \"abc\" at /n"),
    ("/n", #"{"n": "1 "}"#, .resultType, "the text \"1\" at /n"),
    ("/n", #"{"n": ""}"#, .resultType, "the text \"\" at /n"),
    ("/n", #"{"n": "0x10"}"#, .resultType, "the text \"0x10\" at /n"),
    ("/n", #"{"n": true}"#, .resultType, "true or false at /n, expected a number"),
    ("/n", #"{"n": [1]}"#, .resultType, "a list at /n, expected a number"),
    ("/n", #"{"n": {}}"#, .resultType, "an object at /n, expected a number"),
    ("/n", #"{"n": "NaN"}"#, .notFinite, "the text \"NaN\" at /n"),
    ("/n", #"{"n": "-Infinity"}"#, .notFinite, "the text \"-Infinity\" at /n"),
    ("/n", #"{"n": 1e999}"#, .resultType, "a number at /n"),
    ("/n", #"{"m": 1, "k": 2}"#, .resultType, "the answer has no member \"n\", but m, k"),
    ("/a/n", #"{"a": {}}"#, .resultType, "/a has no member \"n\", but none at all"),
    ("/a/n", #"{"a": 5}"#, .resultType, "/a is a number, and has no \"n\""),
    ("/a/n", #"{"a": [5]}"#, .resultType, "/a is a list, and \"n\" is not the number of an"),
    ("/a/01", #"{"a": [5, 6]}"#, .resultType, "\"01\" is not the number of an element"),
    ("/a/-", #"{"a": [5]}"#, .resultType, "\"-\" is not the number of an element"),
    ("/a/1", #"{"a": [5]}"#, .empty, "/a has 1 element; set onEmpty: zero"),
    ("/a/0", #"{"a": []}"#, .empty, "/a has 0 elements"),
    ("/n", #"{"n": null}"#, .empty, "it is null"),
    ("/a/n", #"{"a": null}"#, .empty, "/a is null"),
    ("/n", #"{"n": 1"#, .decode, "is not JSON"), ("/n", #"{"n": 1} x"#, .decode, "is not JSON"),
    ("/n", #"{"n": 1, "n": 2}"#, .decode, "given twice"), ("/n", "<html>", .decode, "is not JSON"),
  ])
  func `anything else is a failed fetch that says what was found where`(
    pointer: String, body: String, reason: FetchFailure.Reason, words: String
  ) throws {
    let failure = try #require(throws: FetchFailure.self) {
      _ = try JSONClient.sample(
        in: .ok(body), of: query(pointer), onEmpty: .error, from: SourceEndpoint(source()))
    }
    #expect(failure.reason == reason)
    #expect(failure.message.contains(words), "\(failure.message)")
    #expect(failure.message.hasPrefix("http://api:8080/v1/queue answered"))
    #expect(failure.concernsSource == body.hasPrefix("<"))
  }

  @Test(arguments: [
    ("/n", #"{"n": null}"#, true), ("/a/0", #"{"a": []}"#, true), ("/a/n", #"{"a": null}"#, true),
    ("/n", #"{"error": "no such database"}"#, false), ("/n", #"{"n": "abc"}"#, false),
  ])
  func `no data is zero where the author says so, and an error never is`(
    pointer: String, body: String, isZero: Bool
  ) throws {
    let sample = try? JSONClient.sample(
      in: .ok(body), of: query(pointer), onEmpty: .zero, from: SourceEndpoint(source()))
    #expect(sample?.value == (isZero ? 0 : nil))
  }

  @Test(arguments: [
    (400, false), (404, false), (422, false), (401, true), (429, true), (503, true),
  ])
  func `an error status is never read`(status: Int, concernsSource: Bool) throws {
    let failure = try #require(throws: FetchFailure.self) {
      _ = try JSONClient.sample(
        in: HTTPResponse(status: status, body: Array(#"{"n": 1}"#.utf8)), of: query("/n"),
        onEmpty: .zero, from: SourceEndpoint(source()))
    }
    #expect(failure.reason == .httpStatus)
    #expect(failure.concernsSource == concernsSource)
    #expect(failure.message.contains("HTTP \(status)"))
  }

  // MARK: Forecasts

  @Test func `a forecast's series is read where the pointer points to`() throws {
    let body = """
      {"data": {"forecast": {"generatedAt": "2026-11-20T22:42:18Z", "stepSeconds": 60,
        "desiredReplicas": [1, 2, 3], "values": [10, 20, 30]}}}
      """
    let endpoint = SourceEndpoint(source())
    let asked = try query("/data/forecast")
    let forecast = try JSONClient.forecast(in: .ok(body), of: asked, loads: false, from: endpoint)
    #expect(forecast.series.replicas == [1, 2, 3])
    let loads = try JSONClient.forecast(in: .ok(body), of: asked, loads: true, from: endpoint)
    #expect(loads.series.loads == [10, 20, 30])
  }

  @Test(arguments: [
    ("/f", #"{"f": [1, 2]}"#, "a list at /f, expected an object with generatedAt"),
    ("/f", #"{"g": {}}"#, "the answer has no member \"f\""),
    ("/f", #"{"f": {"stepSeconds": 60}}"#, "cannot be used"),
  ])
  func `what is no series is a failed fetch`(pointer: String, body: String, words: String) throws {
    let failure = try #require(throws: FetchFailure.self) {
      _ = try JSONClient.forecast(
        in: .ok(body), of: query(pointer), loads: false, from: SourceEndpoint(source()))
    }
    #expect(failure.message.contains(words), "\(failure.message)")
  }

  // MARK: Probes

  @Test(arguments: [(200, true), (404, true), (401, false), (403, false), (500, false)])
  func `a source without signals is up while its server lets us in`(status: Int, isUp: Bool) {
    let answer = HTTPResponse(status: status)
    #expect(
      isUp == ((try? JSONClient.checkProbe(answer, from: SourceEndpoint(source()))) != nil))
  }
}
