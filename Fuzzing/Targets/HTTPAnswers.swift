internal import HTTPClient
internal import Scaling

@testable internal import DataSources

extension FuzzTarget {
  /// Answers of HTTP endpoints, looked at in places that are there and in others, and those of token
  /// endpoints and of AWS.
  static let httpAnswer = FuzzTarget("http-answer", maxLength: 4096) { _ in
    let endpoint = FuzzedAnswer.endpoint(.http)
    let queries = ["", "/n", "/0/a", "/data/0/values/0", "/a~1b/~0/"].compactMap { text in
      (try? JSONPointer(text)).map { JSONQuery(pointer: $0) }
    }
    return { bytes throws(Broken) in
      var input = FuzzInput(bytes)
      let response = FuzzedAnswer.response(&input)
      for query in queries {
        try checkNumber(response, query, endpoint)
        do throws(FetchFailure) {
          _ = try JSONClient.forecast(in: response, of: query, loads: true, from: endpoint)
        } catch {
          try FuzzedAnswer.requireSound(error)
        }
      }
      try checkToken(response)
      _ = try? AWSKeys.container(response.body)
      _ = AWSKeys.tokenService(response.body)
    }
  }

  private static func checkToken(_ response: HTTPResponse) throws(Broken) {
    let answer: TokenAnswer
    do throws(FetchFailure) {
      answer = try TokenAnswer(response, from: "there")
    } catch {
      return try FuzzedAnswer.requireSound(error)
    }
    try require(answer.lifetime > .zero, "a token ends before it begins")
  }

  private static func checkNumber(
    _ response: HTTPResponse, _ query: JSONQuery, _ endpoint: SourceEndpoint
  ) throws(Broken) {
    let value: Double
    do throws(FetchFailure) {
      value = try JSONClient.sample(
        in: response, of: query, onEmpty: .error, from: endpoint
      ).value
    } catch {
      return try FuzzedAnswer.requireSound(error)
    }
    try require(value.isFinite, "a value is not finite")
  }
}
