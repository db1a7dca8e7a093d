internal import HTTPClient
internal import Scaling
internal import TestKit
internal import Testing
internal import Time

@testable internal import DataSources

struct PrometheusRangeTests {
  private let start = Instant(milliseconds: 1_795_132_800_000)

  private func range(seconds: Int64, step: Duration) -> PrometheusRange {
    PrometheusRange(
      address: "http://127.0.0.1:9090", query: "up", from: start,
      to: Instant(milliseconds: start.milliseconds + seconds * 1000), step: step)
  }

  @Test(arguments: [
    (0, [1]), (9999, [10_000]), (10_000, [10_000, 1]), (25_000, [10_000, 10_000, 5001]),
  ])
  func `asks for no more points at once than Prometheus gives, and for each once`(
    _ seconds: Int, _ counts: [Int64]
  ) {
    let pieces = range(seconds: Int64(seconds), step: .seconds(1)).pieces
    #expect(
      pieces.map { $0.from.duration(to: $0.to).milliseconds / 1000 + 1 } == counts)
    for (piece, next) in zip(pieces, pieces.dropFirst()) {
      #expect(piece.to.duration(to: next.from) == .seconds(1))
    }
  }

  private func points(
    _ body: String, status: Int = 200
  ) throws(PrometheusRange.Failure) -> [PrometheusRange.Point] {
    let source = DataSource(
      name: ResourceName(name: "history"), kind: .prometheus, address: "http://127.0.0.1:9090")
    return try PrometheusRange.points(
      in: HTTPResponse(status: status, body: Array(body.utf8)), from: SourceEndpoint(source))
  }

  private func matrix(_ series: String) -> String {
    #"{"status":"success","data":{"resultType":"matrix","result":[\#(series)]}}"#
  }

  @Test func `reads the points of one series, and leaves out what is not finite`() throws {
    let found = try points(
      matrix(
        #"{"metric":{"a":"b"},"values":[[1795132800,"1.5"],[1795132860.25,"NaN"],[1795132920.25,"2"],[1795132980,"+Inf"]]}"#
      ))
    #expect(
      found == [
        PrometheusRange.Point(at: start, value: 1.5),
        PrometheusRange.Point(
          at: Instant(milliseconds: start.milliseconds + 120_250), value: 2),
      ])
    #expect(try points(matrix("")).isEmpty)
  }

  @Test(arguments: [
    #""isPartial":true"#, #""warnings":["receive series from store-2: Unavailable"]"#,
  ])
  func `a history that the server itself calls partial is refused`(remark: String) {
    let body = matrix(#"{"metric":{},"values":[[1795132800,"1"]]}"#).dropLast() + ",\(remark)}"
    do throws(PrometheusRange.Failure) {
      _ = try points(String(body))
      Issue.record("it was taken")
    } catch {
      #expect("\(error)".contains("answered in part"))
    }
  }

  @Test func `an annotation of Prometheus' own is no partial history`() throws {
    let body =
      matrix(#"{"metric":{},"values":[[1795132800,"1"]]}"#).dropLast()
      + #","warnings":["PromQL warning: x"],"infos":["PromQL info: y"],"isPartial":false}"#
    #expect(try points(String(body)).count == 1)
  }

  @Test func `refuses several series, refusals and other texts`() {
    let series = #"{"metric":{},"values":[[1,"1"]]}"#
    #expect(
      throws: PrometheusRange.Failure.refused(
        "the query has 2 series, expected exactly one: wrap it in sum(...) or max(...)")
    ) { try points(matrix("\(series),\(series)")) }
    #expect(
      throws: PrometheusRange.Failure.refused(
        "http://127.0.0.1:9090/api/v1/query_range answered HTTP 400 \"bad_data: parse error\"")
    ) {
      try points(
        #"{"status":"error","errorType":"bad_data","error":"parse error"}"#, status: 400)
    }
    for body in ["", "hello", "[]", "{}", matrix(#"{"values":[[1]]}"#)] {
      #expect(throws: PrometheusRange.Failure.self, "\(body)") { try points(body) }
    }
    do {
      _ = try points("<html>", status: 503)
      Issue.record("an error status was taken for an answer")
    } catch {
      guard case .unreachable = error else {
        Issue.record("\(error)")
        return
      }
    }
  }

  @Test func `a server that is not there is told from one that refuses`() throws {
    var range = range(seconds: 60, step: .seconds(60))
    range.address = "http://127.0.0.1:\(try ScriptedServer.closedPort())"
    do {
      _ = try range.fetch(userAgent: "test")
      Issue.record("there is no server")
    } catch {
      guard case .unreachable(let sentence) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(sentence.contains("connection refused"))
    }
  }

  @Test func `a forecast file says whose it is, if it does`() throws {
    let text =
      #"{"generatedAt":"2026-11-20T00:00:00Z","stepSeconds":60,"desiredReplicas":[1,2]"#
    #expect(try ForecastFile(Array((text + "}").utf8)).workload == nil)
    let named = try ForecastFile(Array((text + #","workload":"a"}"#).utf8))
    #expect(named.workload == "a")
    #expect(named.series.replicas == [1, 2])
    #expect(throws: ForecastFile.Invalid.self) { try ForecastFile(Array(text.utf8)) }
  }
}
