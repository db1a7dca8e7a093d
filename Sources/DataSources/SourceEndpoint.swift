internal import HTTPClient
internal import Scaling
internal import Telemetry

/// A data source with its credentials, as one request needs them.
struct SourceEndpoint {
  let dataSource: DataSource
  /// What paths are added to: no slash at its end, and of a Prometheus no `/api/v1`, which people
  /// copy from a URL that works.
  private let address: Substring
  /// The address for people, without user and password.
  let shown: String
  private let headers: [HTTPField]
  private let basicAuth: HTTPRequest.BasicAuth?
  /// What must not show up in a sentence even though the server repeats it.
  let secrets: [Redacted]

  init(_ dataSource: DataSource, token: Redacted? = nil, password: Redacted? = nil) {
    let url = HTTPURL(dataSource.address)
    self.dataSource = dataSource
    address = Self.base(of: dataSource.address, kind: dataSource.kind)
    shown =
      dataSource.directory ?? HTTPURL(String(address))?.shown
      ?? "the data source \(dataSource.name)"
    var headers = dataSource.headers.sorted { $0.key < $1.key }.map { HTTPField($0.key, $0.value) }
    if let token { headers.append(HTTPField("Authorization", "Bearer \(token.secret)")) }
    self.headers = headers
    basicAuth = dataSource.basicAuth.flatMap { auth in
      password.map { HTTPRequest.BasicAuth(username: auth.username, password: $0) }
    }
    let logins = [
      (dataSource.basicAuth?.username, password), (url?.user, url?.password),
    ]
    secrets =
      headers.map(\.value) + [token].compactMap(\.self)
      + logins.flatMap { Self.secrets(user: $0, password: $1) }
      + dataSource.parameters.filter { Self.namesCredential($0.key) }.map { Redacted($0.value) }
    // Other headers are hidden in the source's own answers: the name of a tenant, for example, is no
    // secret elsewhere.
    for header in headers where Self.namesCredential(header.name) {
      SecretLedger.note(header.value)
    }
    for (_, password) in logins { if let password { SecretLedger.note(password) } }
  }

  /// Whether a header or a parameter has a name that credentials go by: `X-Api-Key`, `access_token`.
  private static func namesCredential(_ name: String) -> Bool {
    let name = name.lowercased()
    return ["auth", "cookie", "key", "passw", "secret", "token"].contains { name.contains($0) }
  }

  /// The password as such, and as it goes over the wire.
  private static func secrets(user: String?, password: Redacted?) -> [Redacted] {
    guard let password else { return [] }
    return [password, Redacted(Base64.encode(Array("\(user ?? ""):\(password.secret)".utf8)))]
  }

  /// - Parameter path: Goes after the address, query string included.
  func request(
    _ method: HTTPRequest.Method, _ path: String, headers more: [HTTPField] = [],
    body: [UInt8]? = nil
  ) -> HTTPRequest {
    HTTPRequest(
      method: method, url: address + path, headers: more + headers, body: body,
      timeout: dataSource.timeout, basicAuth: basicAuth, tls: dataSource.tls,
      proxy: dataSource.proxy)
  }

  /// The URL of a request for people: without user, password and query.
  func asked(_ path: String) -> String {
    shown + path
  }

  /// `… answered HTTP 503 "…"`, for an answer that says nothing but its status.
  ///
  /// - Parameter path: What was asked for.
  func failure(status response: HTTPResponse, at path: String) -> FetchFailure {
    FetchFailure(
      .httpStatus, concernsSource: true,
      "\(asked(path)) answered \(status(of: response))")
  }

  /// `HTTP 503 "…"`.
  func status(of response: HTTPResponse) -> String {
    let excerpt = Excerpt.text(of: response.body, hiding: secrets)
    return "HTTP \(response.status)" + (excerpt.isEmpty ? "" : " \"\(excerpt)\"")
  }

  private static func base(of address: String, kind: DataSource.Kind) -> Substring {
    func withoutSlashes(_ text: Substring) -> Substring {
      text.hasSuffix("/") ? withoutSlashes(text.dropLast()) : text
    }
    let base = withoutSlashes(address[...])
    let suffix = "/api/v1"
    guard kind == .prometheus, base.hasSuffix(suffix) else { return base }
    return withoutSlashes(base.dropLast(suffix.count))
  }
}

extension DataSource {
  fileprivate var tls: HTTPRequest.TLSFiles {
    var files = HTTPRequest.TLSFiles(
      caFile: caFile, clientCertificateFile: clientCertificateFile, clientKeyFile: clientKeyFile)
    files.verifiesServer = verifiesServer
    return files
  }
}
