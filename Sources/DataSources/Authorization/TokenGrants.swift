internal import HTTPClient
internal import Scaling
internal import Telemetry
internal import Time

/// The client credentials grant (RFC 6749, section 4.4).
struct ClientCredentialsGrant: TokenGrant {
  private let oauth2: SourceAuthorization.OAuth2
  private let endpoint: TokenEndpoint
  private var secret: SecretFile

  init(_ oauth2: SourceAuthorization.OAuth2, of dataSource: DataSource) {
    self.oauth2 = oauth2
    endpoint = TokenEndpoint(oauth2.tokenURL, of: dataSource, caFile: oauth2.caFile)
    secret = SecretFile(path: oauth2.clientSecretFile)
  }

  var shown: String { endpoint.shown }

  mutating func request(at now: Instant) throws(FetchFailure) -> HTTPRequest {
    let secret: Redacted = try CredentialFile.read(&secret)
    var form = [("grant_type", "client_credentials")]
    if !oauth2.scopes.isEmpty { form.append(("scope", oauth2.scopes.joined(separator: " "))) }
    form += oauth2.parameters.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    guard !oauth2.inBody else {
      return endpoint.request(
        form + [("client_id", oauth2.clientID), ("client_secret", secret.secret)])
    }
    var request = endpoint.request(form)
    // Section 2.3.1: both are encoded as in a form before they make a user and a password.
    request.basicAuth = HTTPRequest.BasicAuth(
      username: PercentEncoding.encode(oauth2.clientID),
      password: Redacted(PercentEncoding.encode(secret.secret)))
    return request
  }
}

/// A service account of Google's, by its key: a signed assertion for a token (RFC 7523).
struct ServiceAccountGrant: TokenGrant {
  private let file: String
  private let scopes: [String]
  private let dataSource: DataSource
  private(set) var shown: String

  /// As long as Google allows.
  private static let lifetime: Int64 = 3600

  init(file: String, scopes: [String], of dataSource: DataSource) {
    self.file = file
    self.scopes = scopes
    self.dataSource = dataSource
    shown = file
  }

  mutating func request(at now: Instant) throws(FetchFailure) -> HTTPRequest {
    let account = try ServiceAccount(file: file)
    let endpoint = TokenEndpoint(account.tokenURL, of: dataSource)
    shown = endpoint.shown
    let seconds = now.milliseconds / 1000
    let assertion = try account.assertion(
      scopes: scopes, from: seconds, until: seconds + Self.lifetime)
    SecretLedger.note(Redacted(assertion))
    return endpoint.request([
      ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", assertion),
    ])
  }
}

/// The service account of the machine or pod, from Google's metadata server.
struct MetadataGrant: TokenGrant {
  private let url: String
  private let timeout: Duration

  init(scopes: [String], environment: CloudEnvironment, of dataSource: DataSource) {
    let host = environment["GCE_METADATA_HOST"] ?? "169.254.169.254"
    let query = PercentEncoding.encode(scopes.joined(separator: ","))
    url =
      "http://\(host)/computeMetadata/v1/instance/service-accounts/default/token?scopes=\(query)"
    timeout = dataSource.timeout
  }

  var shown: String { HTTPURL(url)?.shown ?? "the metadata server" }

  mutating func request(at now: Instant) throws(FetchFailure) -> HTTPRequest {
    var request = HTTPRequest(
      url: url, headers: [HTTPField("Metadata-Flavor", "Google")], timeout: timeout,
      redirects: .returned, maximumResponseSize: TokenEndpoint.maximumResponseSize)
    request.reachesMetadata = true
    return request
  }
}

/// Workload identity of Azure's: the pod's token of Kubernetes for one of Entra ID (RFC 7523).
struct FederatedTokenGrant: TokenGrant {
  private let azure: SourceAuthorization.Azure
  private let environment: CloudEnvironment
  private let dataSource: DataSource
  private(set) var shown = "Entra ID"

  init(
    _ azure: SourceAuthorization.Azure, environment: CloudEnvironment, of dataSource: DataSource
  ) {
    self.azure = azure
    self.environment = environment
    self.dataSource = dataSource
  }

  mutating func request(at now: Instant) throws(FetchFailure) -> HTTPRequest {
    let tenant = try value(azure.tenantID, "tenantID", "AZURE_TENANT_ID")
    let client = try value(azure.clientID, "clientID", "AZURE_CLIENT_ID")
    var file = SecretFile(
      path: try value(
        azure.federatedTokenFile, "federatedTokenFile", "AZURE_FEDERATED_TOKEN_FILE"))
    let assertion = try CredentialFile.read(&file)
    var host = environment["AZURE_AUTHORITY_HOST"] ?? "https://login.microsoftonline.com"
    while host.hasSuffix("/") { host.removeLast() }
    let endpoint = TokenEndpoint(
      "\(host)/\(PercentEncoding.encode(tenant))/oauth2/v2.0/token", of: dataSource)
    shown = endpoint.shown
    return endpoint.request([
      ("grant_type", "client_credentials"), ("client_id", client), ("scope", azure.scope),
      (
        "client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
      ), ("client_assertion", assertion.secret),
    ])
  }

  private func value(
    _ given: String?, _ field: String, _ variable: String
  ) throws(FetchFailure) -> String {
    if let value = given ?? environment[variable] { return value }
    throw FetchFailure(
      .credentials, concernsSource: true,
      "\(variable) is not set, and azure has no \(field): give the pod the label"
        + " azure.workload.identity/use: \"true\", and its service account the id of the client")
  }
}
