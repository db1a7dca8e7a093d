package import HTTPClient

/// Why the API server did not do what it was asked, by what that means for the one who asked.
package struct KubernetesFailure: Error, Hashable, Sendable, CustomStringConvertible {
  package var kind: Kind
  /// One sentence for people, without secrets.
  package var message: String
  /// When the server wants to be asked again (Retry-After).
  package var retryAfter: Duration?
  /// The HTTP status; 0 where there was no answer.
  package var status: Int

  package enum Kind: Hashable, Sendable {
    /// No answer: the server is away, or the connection broke.
    case unreachable(HTTPFailure.Kind)
    /// 400 and others that say the request is wrong.
    case badRequest
    /// 401, after the token has been read again.
    case unauthorized
    /// 403: a role lacks a rule, or a quota or an admission hook refuses.
    case forbidden
    /// 404 of an object: it does not exist.
    case notFound
    /// 404 of everything of its kind: the server does not know the resource.
    case unknownResource
    /// 409: it exists already.
    case alreadyExists
    /// 409: it has been changed since it was read.
    case conflict
    /// 410: the resourceVersion or the continue token is too old.
    case expired
    /// 422: what was sent breaks a rule; `message` names the fields.
    case invalid
    /// 429: too many requests.
    case throttled
    /// 5xx.
    case serverError
    /// What came is not what the API conventions promise.
    case malformed
  }

  package init(
    kind: Kind, message: String, retryAfter: Duration? = nil, status: Int = 0
  ) {
    self.kind = kind
    self.message = message
    self.retryAfter = retryAfter
    self.status = status
  }

  init(_ failure: HTTPFailure) {
    self.init(kind: .unreachable(failure.kind), message: failure.message)
  }

  package var description: String { message }

  /// Whether asking again, unchanged, may help.
  package var isTransient: Bool {
    switch kind {
    case .unreachable(let kind): kind != .invalidRequest && kind != .tls
    case .throttled, .serverError: true
    case .badRequest, .unauthorized, .forbidden, .notFound, .unknownResource, .alreadyExists,
      .conflict, .expired, .invalid, .malformed:
      false
    }
  }

  /// For the label `code` of metrics.
  package var code: String {
    guard status == 0 else { return String(status) }
    if case .unreachable(let kind) = kind { return kind.rawValue }
    return "malformed"
  }
}

extension KubernetesFailure {
  /// Reads an answer that is none of success. A body of kind Status says why (API conventions,
  /// "Response Status Kind"); others, such as a proxy's, are shown as they begin.
  init(_ response: HTTPResponse, to call: APICall) {
    let json = try? JSONValue(response.body)
    let status = json?["kind"]?.text == "Status" ? json : nil
    self.init(
      code: response.status, status: status,
      text: status == nil ? Excerpt.text(of: response.body[...], length: 120) : "", call: call)
    retryAfter =
      response.headers["retry-after"].flatMap(Self.seconds)
      ?? status?["details"]?["retryAfterSeconds"]?.integer.flatMap(Self.seconds)
  }

  /// The object of an ERROR event of a watch, whose own status is 200.
  init(watchError object: JSONValue, of call: APICall) {
    let code = object["code"]?.integer ?? 500
    self.init(code: code, status: object, text: "", call: call)
    retryAfter = object["details"]?["retryAfterSeconds"]?.integer.flatMap(Self.seconds)
  }

  private init(code: Int, status: JSONValue?, text: String, call: APICall) {
    let reason = status?["reason"]?.text ?? ""
    let said = status?["message"]?.text ?? (text.isEmpty ? "HTTP status \(code)" : text)
    let kind = Self.kind(
      code: code, reason: reason, namesObject: status?["details"]?["name"] != nil)
    self.init(
      kind: kind,
      message: "could not \(call.shown): " + Self.explain(kind, said: said, status, call),
      status: code)
  }

  private static func kind(code: Int, reason: String, namesObject: Bool) -> Kind {
    switch code {
    case 401: .unauthorized
    case 403: .forbidden
    // A path that the server does not know, such as that of a CRD that is not installed, is
    // answered in plain text, or with a Status that names no object.
    case 404: namesObject ? .notFound : .unknownResource
    case 409: reason == "AlreadyExists" ? .alreadyExists : .conflict
    case 410: .expired
    case 422: .invalid
    case 429: .throttled
    case 500...: reason == "Expired" ? .expired : .serverError
    case ..<300: .malformed
    default: .badRequest
    }
  }

  private static func explain(
    _ kind: Kind, said: String, _ status: JSONValue?, _ call: APICall
  ) -> String {
    let said = Excerpt.text(of: said, length: 300)
    switch kind {
    case .unauthorized:
      return "the API server does not accept the credentials (\(said))"
    case .forbidden:
      let verb = call.verb.rawValue
      return
        "\(said); the role has to allow the verb \(verb) on \(call.ruleResource) in the API"
        + " group \"\(call.path?.resource.group ?? "")\""
    case .unknownResource:
      return "the API server does not know it (\(said)): is the CRD installed?"
    case .invalid:
      let causes = (status?["details"]?["causes"]?.elements ?? []).compactMap { cause in
        cause["message"]?.text.map { "\(cause["field"]?.text ?? ""): \($0)" }
      }
      guard said.isEmpty, !causes.isEmpty else { return said }
      return Excerpt.text(of: causes.joined(separator: "; "), length: 300)
    case .unreachable, .badRequest, .notFound, .alreadyExists, .conflict, .expired, .throttled,
      .serverError, .malformed:
      return said
    }
  }

  /// Of a Retry-After header: seconds; a date is not worth a parser, for no API server sends one.
  private static func seconds(_ text: String) -> Duration? {
    guard (1...6).contains(text.utf8.count), let seconds = Int(text) else { return nil }
    return Self.seconds(seconds)
  }

  private static func seconds(_ seconds: Int) -> Duration? {
    (0...86_400).contains(seconds) ? .seconds(seconds) : nil
  }
}
