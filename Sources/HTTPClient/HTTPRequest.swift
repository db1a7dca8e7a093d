package import Telemetry

/// One request for `HTTPClient`.
package struct HTTPRequest: Sendable {
  package enum Method: String, Sendable {
    case get = "GET"
    case post = "POST"
    case put = "PUT"
    case patch = "PATCH"
    case delete = "DELETE"
  }

  package var method: Method
  /// `http://` or `https://`; parts other than ASCII must be percent-encoded.
  package var url: String
  package var headers: [HTTPField]
  /// Nil for none.
  package var body: [UInt8]?
  /// The limit of everything together: name lookup, connecting, redirects, the last byte.
  package var timeout: Duration
  /// The limit of name lookup, connecting and TLS handshake alone; nil for `timeout`.
  package var connectTimeout: Duration?
  package var basicAuth: BasicAuth?
  package var tls: TLSFiles
  package var redirects: RedirectPolicy
  /// In bytes, decoded; a longer answer is a failure.
  package var maximumResponseSize: Int
  package var version: Version
  /// `ADDRESS:PORT` to connect to in place of what the URL names, which stays what is asked for and
  /// what the certificate is checked against; nil for the URL's own.
  package var connectTo: String?
  /// Base URL of an HTTP proxy; nil for none. One from the environment is never used.
  package var proxy: String?
  /// After this long without a word the peer's kernel is asked whether the connection is still there
  /// (TCP keep-alive), and again and again.
  package var keepAlive = Duration.seconds(30)
  /// Whether it may be sent to the metadata service of a cloud, which hands out keys: only what asks for
  /// those.
  package var reachesMetadata = false

  package enum Version: Hashable, Sendable {
    /// HTTP/2 where TLS agrees on it, many requests on one connection.
    case negotiated
    /// HTTP/1.1, so that a request that times out takes its connection with it: one of HTTP/2 that
    /// has fallen silent would be chosen again and again.
    case http1
  }

  package struct BasicAuth: Hashable, Sendable {
    package var username: String
    package var password: Redacted

    package init(username: String, password: Redacted) {
      self.username = username
      self.password = password
    }
  }

  /// PEM files, which are read when a connection is made, or what such files would hold.
  package struct TLSFiles: Hashable, Sendable {
    /// What the server's certificate must chain to; nil for the system's.
    package var caFile: String?
    package var clientCertificateFile: String?
    package var clientKeyFile: String?
    /// Takes the place of `caFile`.
    package var authorities: [UInt8]?
    /// Takes the place of `clientCertificateFile`.
    package var clientCertificate: [UInt8]?
    /// Takes the place of `clientKeyFile`. A secret.
    package var clientKey: [UInt8]?
    /// False lets any server pass for the right one.
    package var verifiesServer = true

    package init(
      caFile: String? = nil, clientCertificateFile: String? = nil, clientKeyFile: String? = nil
    ) {
      self.caFile = caFile
      self.clientCertificateFile = clientCertificateFile
      self.clientKeyFile = clientKeyFile
    }
  }

  package enum RedirectPolicy: Hashable, Sendable {
    /// A redirect is a response like any other.
    case returned
    /// Followed to the same scheme, host and port, so that credentials never go elsewhere; a
    /// failure when it leads elsewhere, or after that many.
    case followedWithinOrigin(limit: Int)
  }

  package enum Defaults {
    /// More than any forecast of 100,000 steps needs, and little enough to hold for a moment.
    package static let maximumResponseSize = 8 * 1024 * 1024
    /// What a path prefix or a trailing slash may cost behind a proxy.
    package static let redirects = RedirectPolicy.followedWithinOrigin(limit: 3)
  }

  package init(
    method: Method = .get, url: String, headers: [HTTPField] = [], body: [UInt8]? = nil,
    timeout: Duration, connectTimeout: Duration? = nil, basicAuth: BasicAuth? = nil,
    tls: TLSFiles = TLSFiles(), redirects: RedirectPolicy = Defaults.redirects,
    maximumResponseSize: Int = Defaults.maximumResponseSize, version: Version = .negotiated,
    proxy: String? = nil
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
    self.timeout = timeout
    self.connectTimeout = connectTimeout
    self.basicAuth = basicAuth
    self.tls = tls
    self.redirects = redirects
    self.maximumResponseSize = maximumResponseSize
    self.version = version
    self.proxy = proxy
  }
}
