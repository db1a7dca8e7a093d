internal import HTTPClient
internal import Scaling
internal import Synchronization
internal import Telemetry
internal import TestKit
internal import Testing
internal import Time

@testable internal import DataSources

/// Tokens, against a token endpoint and a source that are strict.
struct AuthorizationTests {
  private static let ok = #"{"status":"success","data":{"resultType":"scalar","result":[0,"7"]}}"#

  /// A server that is both: `POST /token` hands out `handed-out-1`, `handed-out-2` and so on.
  private final class Server: Sendable {
    let http: ScriptedServer

    /// - Parameters:
    ///   - lifetime: of each token, in seconds.
    ///   - refused: tokens that the source does not take.
    init(lifetime: Int, refused: Set<String> = []) throws {
      let count = Mutex(0)
      http = try ScriptedServer { request in
        if request.target == "/token" {
          guard request.method == "POST",
            request.headers["authorization"] == "Basic bWU6czNjcmV0JTJGZmlsZQ==",
            request.body == "grant_type=client_credentials&scope=a%20b&audience=x"
          else { return [.reply(400, #"{"error":"invalid_request"}"#)] }
          let number = count.withLock { count in
            count += 1
            return count
          }
          return [
            .reply(
              200,
              #"{"access_token":"handed-out-\#(number)","token_type":"Bearer","expires_in":\#(lifetime)}"#
            )
          ]
        }
        let token = request.headers["authorization"]?.dropFirst("Bearer ".count).description ?? ""
        guard token.hasPrefix("handed-out-"), !refused.contains(token) else {
          return [.reply(401, "who are you, \(token)?")]
        }
        return [.reply(200, AuthorizationTests.ok)]
      }
    }

    var tokenRequests: Int { http.requests.count { $0.target == "/token" } }
  }

  private static func source(_ server: Server, _ folder: TemporaryFolder) throws -> DataSource {
    let path = try folder.write("secret", "s3cret/file\n")
    var oauth2 = SourceAuthorization.OAuth2(
      tokenURL: "\(server.http.address)/token", clientID: "me", clientSecretFile: path)
    oauth2.scopes = ["a", "b"]
    oauth2.parameters = ["audience": "x"]
    var source = Fixtures.prometheus(server.http.address)
    source.authorization = .oauth2(oauth2)
    return source
  }

  private static func feed(_ promQL: String) -> Feed {
    .query(source: ResourceName(name: "main"), promQL: promQL, onEmpty: .error)
  }

  /// The first reading of a query at a source that the server guards, for which `isWanted` holds.
  private static func reading(
    from server: Server, _ isWanted: @escaping @Sendable (Reading) -> Bool
  ) async throws -> Reading? {
    let folder = try TemporaryFolder()
    let source = try source(server, folder)
    defer { withExtendedLifetime(folder) {} }
    return try await RefresherHost.run { host in
      try await host.define(source)
      try await host.retain(feed("up"))
      return try await host.reading(of: feed("up"), where: isWanted)
    }
  }

  @Test func `one token is asked for, however many requests wait for it`() async throws {
    let server = try Server(lifetime: 3600)
    defer { server.http.stop() }
    let folder = try TemporaryFolder()
    let source = try Self.source(server, folder)
    defer { withExtendedLifetime(folder) {} }
    try await RefresherHost.run { host in
      try await host.define(source)
      let feeds = (0..<10).map { Self.feed("q\($0)") }
      for feed in feeds { try await host.retain(feed) }
      for feed in feeds {
        #expect(try await host.reading(of: feed) { $0.value != nil }?.value == .sample(7))
      }
    }
    #expect(server.tokenRequests == 1)
  }

  @Test func `a token that the source refuses is asked for once more`() async throws {
    let server = try Server(lifetime: 3600, refused: ["handed-out-1"])
    defer { server.http.stop() }
    let reading = try await Self.reading(from: server) { $0.value != nil }
    #expect(reading?.failure == nil)
    #expect(server.tokenRequests == 2)
  }

  @Test func `a token that is refused again is a failure that hides it`() async throws {
    let server = try Server(
      lifetime: 3600, refused: Set((1...99).map { "handed-out-\($0)" }))
    defer { server.http.stop() }
    let reading = try await Self.reading(from: server) { $0.failure != nil }
    let message = reading?.failure?.message ?? ""
    #expect(message.contains("HTTP 401 \"who are you, [redacted]?\""), "\(message)")
  }

  @Test func `an endpoint that hands out nothing is quoted`() async throws {
    let server = try Server(lifetime: 3600)
    defer { server.http.stop() }
    let folder = try TemporaryFolder()
    defer { withExtendedLifetime(folder) {} }
    var source = try Self.source(server, folder)
    source.authorization = source.authorization.map { authorization in
      guard case .oauth2(var oauth2) = authorization else { return authorization }
      oauth2.parameters = [:]
      return .oauth2(oauth2)
    }
    let defined = source
    try await RefresherHost.run { host in
      try await host.define(defined)
      try await host.retain(Self.feed("up"))
      let reading = try await host.reading(of: Self.feed("up")) { $0.failure != nil }
      #expect(
        reading?.failure?.message
          == "no token was handed out: \(server.http.address)/token answered HTTP 400"
          + " \"invalid_request\"")
      #expect(host.exposition.contains("reason=\"credentials\""))
    }
  }

  @Test(arguments: [
    (#"{"access_token":"t0k","expires_in":"60"}"#, 60.0), (#"{"access_token":"t0k"}"#, 300),
    (#"{"access_token":"t0k","token_type":"bearer","expires_in":1e9}"#, 86_400),
    (#"{"access_token":"t0k","expires_in":"inf"}"#, 86_400),
    (#"{"access_token":"t0k","expires_in":-5}"#, 1),
    // What is no time is like none.
    (#"{"access_token":"t0k","expires_in":"nan"}"#, 300),
    (#"{"access_token":"t0k","expires_in":"soon"}"#, 300),
    (#"{"access_token":"t0k","expires_in":null,"token_type":null}"#, 300),
    (#"{"access_token":"t0k","expires_in":[60],"error_description":null}"#, 300),
  ])
  func `a token lasts as long as its endpoint says`(body: String, seconds: Double) throws {
    let answer = try TokenAnswer(.ok(body), from: "there")
    #expect(answer.token.secret == "t0k")
    #expect(answer.lifetime == .seconds(seconds))
  }

  @Test(arguments: [
    "", "[]", "{}", #"{"access_token":""}"#, #"{"access_token":"a b"}"#,
    #"{"access_token":"a","token_type":"mac"}"#,
  ])
  func `what is no token is refused`(body: String) {
    #expect(throws: FetchFailure.self) { try TokenAnswer(.ok(body), from: "there") }
  }

  @Test func `something new is asked for before the old one ends`() {
    let start = Instant(milliseconds: 0)
    func at(_ seconds: Int64) -> Instant { Instant(milliseconds: seconds * 1000) }
    let long = Expiring(1, from: start, until: at(3600))
    #expect(long.isValid(at: at(3597)) && !long.isValid(at: at(3598)))
    #expect(!long.isDue(at: at(3539)) && long.isDue(at: at(3540)))
    let short = Expiring(1, from: start, until: at(8))
    #expect(short.isValid(at: at(5)) && !short.isValid(at: at(6)))
    #expect(!short.isDue(at: at(5)) && short.isDue(at: at(6)))
    let over = Expiring(1, from: at(10), until: at(5))
    #expect(!over.isValid(at: at(10)) && over.isDue(at: at(10)))
  }
}
