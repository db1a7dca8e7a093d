internal import Scaling
internal import Telemetry

@testable internal import DataSources
@testable internal import HTTPClient

/// What the clients of data sources read, as bytes off the network would have it.
enum FuzzedAnswer {
  static let secret = "s3cret-token"

  static func endpoint(_ kind: DataSource.Kind) -> SourceEndpoint {
    SourceEndpoint(
      DataSource(
        name: ResourceName(name: "main"), kind: kind, address: "http://source.example:9090/base"),
      token: Redacted(secret))
  }

  /// The bytes as the body of an answer whose status and headers come from the last byte.
  static func response(_ input: inout FuzzInput) -> HTTPResponse {
    let choice = input.takeByte()
    let statuses = [200, 200, 200, 200, 404, 400, 422, 500]
    let stale = HTTPHeaders([("X-Kedastral-Stale", choice & 8 == 0 ? "false" : "true")])
    return HTTPResponse(
      status: statuses[Int(choice & 7)], headers: stale, body: Array(input.bytes))
  }

  static func requireSound(_ failure: FetchFailure) throws(Broken) {
    try requireSentence(failure.message)
    try require(!failure.message.contains(secret), "a secret shows: \(failure.message)")
  }
}
