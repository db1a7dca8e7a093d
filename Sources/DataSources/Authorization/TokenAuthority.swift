internal import HTTPClient
internal import Telemetry
internal import Time

/// Lets requests in with a bearer token that a grant brings.
struct TokenAuthority: RequestAuthority {
  private var grant: any TokenGrant
  private var token: Expiring<Redacted>?

  init(_ grant: any TokenGrant) {
    self.grant = grant
  }

  func isValid(at now: Instant) -> Bool { token?.isValid(at: now) ?? false }

  mutating func renewal(at now: Instant) throws(FetchFailure) -> HTTPRequest? {
    guard token?.isDue(at: now) ?? true else { return nil }
    return try grant.request(at: now)
  }

  mutating func renewed(by response: HTTPResponse, at now: Instant) throws(FetchFailure) {
    let answer = try TokenAnswer(response, from: grant.shown)
    token = Expiring(answer.token, from: now, until: now.advanced(by: answer.lifetime))
  }

  func authorize(_ request: inout HTTPRequest, at now: Instant) {
    guard let token else { return }
    SecretLedger.note(token.value)
    request.headers.append(HTTPField("Authorization", "Bearer \(token.value.secret)"))
  }

  mutating func wasRefused(status: Int) -> Bool {
    guard status == 401 else { return false }
    token = nil
    return true
  }
}

/// A way to a bearer token.
protocol TokenGrant {
  /// The token endpoint, for people.
  var shown: String { get }

  /// What is asked for a token. Reads files.
  mutating func request(at now: Instant) throws(FetchFailure) -> HTTPRequest
}

/// What a token endpoint answers (RFC 6749, section 5).
struct TokenAnswer {
  let token: Redacted
  let lifetime: Duration

  /// A token without an end is asked for again after a while (RFC 6749, section 5.1).
  private static let unknownLifetime = Duration.seconds(300)
  private static let longestLifetime = 86_400.0

  init(_ response: HTTPResponse, from shown: String) throws(FetchFailure) {
    var fields = Fields()
    var problem: JSONError?
    do {
      fields = try Fields(response.body)
    } catch {
      problem = error
    }
    guard response.status == 200 else {
      let words =
        fields.error.map { "\($0)\(fields.description.map { ": \($0)" } ?? "")" }
        ?? String(decoding: response.body.prefix(1024), as: UTF8.self)
      throw Self.failure(
        shown, "answered HTTP \(response.status) \"\(Excerpt.text(of: words, length: 300))\"")
    }
    if let problem { throw Self.failure(shown, "answered something that is no token: \(problem)") }
    guard let text = fields.token, !text.isEmpty,
      text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
    else { throw Self.failure(shown, "answered without an access_token") }
    guard (fields.type ?? "bearer").lowercased() == "bearer" else {
      throw Self.failure(
        shown,
        "answered a token of type \"\(Excerpt.text(of: fields.type ?? ""))\", expected Bearer")
    }
    token = Redacted(text)
    SecretLedger.note(token)
    // Some endpoint may hand out "nan".
    lifetime =
      fields.lifetime.flatMap { seconds in
        seconds.isNaN ? nil : Duration.seconds(min(max(seconds, 1), Self.longestLifetime))
      } ?? Self.unknownLifetime
  }

  private static func failure(_ shown: String, _ problem: String) -> FetchFailure {
    FetchFailure(
      .credentials, concernsSource: true, "no token was handed out: \(shown) \(problem)")
  }

  private struct Fields {
    var token: String?
    var type: String?
    var lifetime: Double?
    var error: String?
    var description: String?

    init() {}

    init(_ body: [UInt8]) throws(JSONError) {
      var reader = JSONReader(body)
      try reader.readObject { reader, key throws(JSONError) in
        switch key {
        case "access_token": token = try reader.readString()
        case "token_type" where reader.nextKind() != .null: type = try reader.readString()
        // Entra ID has it as a text now and then. One that says nothing is like none.
        case "expires_in" where reader.nextKind() == .string:
          lifetime = Double(try reader.readString())
        case "expires_in" where reader.nextKind() == .number:
          lifetime = try reader.readDouble()
        case "error" where reader.nextKind() == .string: error = try reader.readString()
        case "error_description" where reader.nextKind() == .string:
          description = try reader.readString()
        default: try reader.skipValue()
        }
      }
      try reader.finish()
    }
  }
}
