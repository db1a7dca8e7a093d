/// A forecaster, a Prometheus server or another HTTP endpoint that policies name as a source.
///
/// Only the operator of Headstart defines data sources; trigger metadata never carries an address
/// (design section 4).
package struct DataSource: Hashable, Sendable {
  package var name: ResourceName
  package var kind: Kind
  /// Base URL: `http://` or `https://`, with an optional path prefix, no trailing slash.
  /// Empty for one of files.
  package var address: String
  /// Of a forecaster, whose forecasts are files of this directory; nil for a server.
  @Rare package var directory: String?
  /// The limit of one request, connecting included.
  package var timeout: Duration
  /// How often each query or workload is fetched.
  package var refresh: Duration
  /// Sent with every request.
  package var headers: [String: String]
  /// Headers whose values are in files, by name; read again before every request.
  package var headerFiles: [String: String] = [:]
  /// Query parameters that are sent with every request, such as a tenant's name.
  package var parameters: [String: String] = [:]
  /// Base URL of an HTTP proxy that all requests go through; nil for none.
  @Rare package var proxy: String?
  /// False lets any server pass for the right one.
  package var verifiesServer = true
  /// Read again before every request: Kubernetes rotates mounted tokens.
  package var bearerTokenFile: String?
  package var basicAuth: BasicAuth?
  /// What is handed out for a while, or signs requests; nil for none.
  @Rare package var authorization: SourceAuthorization?
  /// PEM bundle that the server's certificate must chain to; nil for the system's.
  package var caFile: String?
  package var clientCertificateFile: String?
  package var clientKeyFile: String?
  /// Whether an answer that the server itself calls partial counts as whole, for those whose
  /// federation never is.
  package var acceptsPartialAnswers = false

  package enum Kind: String, Hashable, Sendable, CaseIterable {
    case forecaster
    case prometheus
    /// Anything that answers JSON.
    case http
  }

  package struct BasicAuth: Hashable, Sendable {
    package var username: String
    /// Read again before every request.
    package var passwordFile: String

    package init(username: String, passwordFile: String) {
      self.username = username
      self.passwordFile = passwordFile
    }
  }

  package enum Defaults {
    /// Shorter than KEDA's HPA period of 15 s, so that a hanging server costs one refresh.
    package static let timeout = Duration.seconds(5)
    /// KEDA's HPA period (C1): fetching oftener than it asks buys nothing.
    package static let refresh = Duration.seconds(15)
  }

  package init(
    name: ResourceName, kind: Kind, address: String, timeout: Duration = Defaults.timeout,
    refresh: Duration = Defaults.refresh, headers: [String: String] = [:],
    bearerTokenFile: String? = nil, basicAuth: BasicAuth? = nil, caFile: String? = nil,
    clientCertificateFile: String? = nil, clientKeyFile: String? = nil
  ) {
    self.name = name
    self.kind = kind
    self.address = address
    self.timeout = timeout
    self.refresh = refresh
    self.headers = headers
    self.bearerTokenFile = bearerTokenFile
    self.basicAuth = basicAuth
    self.caFile = caFile
    self.clientCertificateFile = clientCertificateFile
    self.clientKeyFile = clientKeyFile
  }
}
