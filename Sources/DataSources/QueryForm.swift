internal import HTTPClient

/// The form in which a Prometheus is asked a query. Servers, and the proxies before them, differ in
/// what they let pass.
struct QueryForm: Hashable {
  /// POST first: a query may be longer than what proxies accept in a URL.
  var method = HTTPRequest.Method.post
  /// Whether the time of evaluation is given. The server's own is better, since two clocks differ.
  var givesTime = false

  /// For people: `GET`, `POST with the parameter time`.
  var text: String {
    method.rawValue + (givesTime ? " with the parameter time" : "")
  }

  /// What to try after this answer; nil where no other form would do better.
  func alternative(after response: HTTPResponse) -> QueryForm? {
    var other = self
    switch response.status {
    // A proxy that maps methods to verbs of Kubernetes says 403 to POST, others 405 or 501.
    case 403, 405, 501: other.method = method == .post ? .get : .post
    case 414 where method == .get: other.method = .post
    case 400, 422:
      guard !givesTime, Self.demandsTime(response.body) else { return nil }
      other.givesTime = true
    default: return nil
    }
    return other
  }

  private static let demands: Set<String> = [
    "cannot", "empty", "expected", "invalid", "mandatory", "missing", "must", "need", "needed",
    "needs", "no", "parameter", "param", "provide", "require", "required", "requires", "specify",
  ]
  /// After `time` these speak of something else.
  private static let otherMatters: Set<String> = [
    "limit", "out", "range", "series", "window", "zone",
  ]

  /// Whether an error speaks of a parameter `time` that is missing. There is no standard for it; a
  /// guess that is wrong costs one more request, for only what has succeeded is kept.
  private static func demandsTime(_ body: [UInt8]) -> Bool {
    let words = String(decoding: body.prefix(4096), as: UTF8.self).lowercased()
      .split { !$0.isLetter && !$0.isNumber && $0 != "_" }.map(String.init)
    let speaksOfTime = words.indices.contains { index in
      words[index] == "time"
        && (index + 1 == words.count || !otherMatters.contains(words[index + 1]))
    }
    return speaksOfTime && words.contains(where: demands.contains)
  }
}
