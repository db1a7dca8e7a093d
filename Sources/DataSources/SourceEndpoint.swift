internal import HTTPClient
internal import Scaling
internal import Telemetry

/// A data source with its credentials, as one request needs them.
struct SourceEndpoint {
  let dataSource: DataSource
  /// The address for people, without user and password.
  let shown: String
  private let headers: [HTTPField]
  private let basicAuth: HTTPRequest.BasicAuth?
  /// What must not show up in a sentence even though the server repeats it.
  let secrets: [Redacted]

  init(_ dataSource: DataSource, token: Redacted? = nil, password: Redacted? = nil) {
    let url = HTTPURL(dataSource.address)
    self.dataSource = dataSource
    shown = url?.shown ?? "the data source \(dataSource.name)"
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
      timeout: dataSource.timeout, basicAuth: basicAuth,
      tls: HTTPRequest.TLSFiles(
        caFile: dataSource.caFile, clientCertificateFile: dataSource.clientCertificateFile,
        clientKeyFile: dataSource.clientKeyFile))
  }

  /// `answered HTTP 503 "…"`, for an answer that is of no use.
  func failure(status response: HTTPResponse) -> FetchFailure {
    let excerpt = Excerpt.text(of: response.body, hiding: secrets)
    return FetchFailure(
      .httpStatus, concernsSource: true,
      "\(shown) answered HTTP \(response.status)" + (excerpt.isEmpty ? "" : " \"\(excerpt)\""))
  }

  private var address: Substring {
    dataSource.address.hasSuffix("/") ? dataSource.address.dropLast() : dataSource.address[...]
  }
}
