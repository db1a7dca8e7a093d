internal import Scaling
internal import Testing

struct RequestOptionsTests {
  private static let name = ResourceName(name: "main")

  private func source() -> DataSource {
    var source = DataSource(
      name: Self.name, kind: .prometheus, address: "http://p", timeout: .seconds(5),
      refresh: .seconds(15), headers: ["X-Scope-OrgID": "a"])
    source.headerFiles = ["X-Key": "/key"]
    source.parameters = ["dedup": "true", "partial_response": "true"]
    return source
  }

  @Test func `a signal adds headers and cannot change those of the data source`() {
    let asked = source().asked(
      with: RequestOptions(headers: ["x-scope-orgid": "b", "x-key": "k", "X-Other": "c"]))
    #expect(asked.headers == ["X-Scope-OrgID": "a", "X-Other": "c"])
  }

  @Test func `a signal's own parameters, timeout and refresh are used`() {
    let asked = source().asked(
      with: RequestOptions(
        parameters: ["partial_response": "false"], timeout: .seconds(1), refresh: .seconds(60)))
    #expect(asked.parameters == ["dedup": "true", "partial_response": "false"])
    #expect(asked.timeout == .seconds(1))
    #expect(asked.refresh == .seconds(60))
    #expect(source().asked(with: nil) == source())
  }

  @Test func `a shorter refresh brings the timeout down with it`() {
    let asked = source().asked(with: RequestOptions(refresh: .seconds(2)))
    #expect(asked.timeout == .seconds(2))
  }

  @Test func `signals that ask differently do not share a reading`() {
    let tenants = ["a", "b"].map { RequestOptions(headers: ["X-Scope-OrgID": $0]) }
    let feeds = tenants.map {
      Feed.query(source: Self.name, promQL: "up", onEmpty: .error, options: Shared($0))
    }
    #expect(feeds[0] != feeds[1])
    #expect(
      feeds[0]
        == .query(source: Self.name, promQL: "up", onEmpty: .error, options: Shared(tenants[0])))
    let definitions = tenants.map { options in
      var signal = PrometheusSignal(source: "main", query: "up", threshold: 1)
      signal.options = options
      return Signal(name: "live", kind: .prometheus(signal)).definition
    }
    #expect(definitions[0] != definitions[1])
  }
}
