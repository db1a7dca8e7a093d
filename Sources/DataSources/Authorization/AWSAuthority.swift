internal import HTTPClient
internal import Scaling
internal import Telemetry
internal import Time

/// Signs requests for AWS, with keys from where AWS gives them to a workload.
struct AWSAuthority: RequestAuthority {
  private let aws: SourceAuthorization.AWS
  private let environment: CloudEnvironment
  private let dataSource: DataSource
  private var keys: Expiring<AWSKeys>?
  /// Who was asked for keys.
  private var origin: Origin?

  private enum Origin {
    /// Web identity: a token of Kubernetes for keys.
    case tokenService(shown: String)
    /// The endpoint of a pod or a container.
    case container(shown: String)
  }

  /// Keys of a file are read again after that long, and those of the environment too.
  private static let rereadAfter = Duration.seconds(60)

  init(
    _ aws: SourceAuthorization.AWS, environment: CloudEnvironment, of dataSource: DataSource
  ) {
    self.aws = aws
    self.environment = environment
    self.dataSource = dataSource
  }

  func isValid(at now: Instant) -> Bool { keys?.isValid(at: now) ?? false }

  mutating func renewal(at now: Instant) throws(FetchFailure) -> HTTPRequest? {
    guard keys?.isDue(at: now) ?? true else { return nil }
    _ = try region()
    // In the order of AWS's own libraries.
    if let path = aws.credentialsFile {
      keep(try Self.keys(inFile: path, profile: aws.profile), at: now)
    } else if let id = environment["AWS_ACCESS_KEY_ID"],
      let secret = environment["AWS_SECRET_ACCESS_KEY"]
    {
      keep(
        AWSKeys(
          accessKeyID: id, secretAccessKey: secret, sessionToken: environment["AWS_SESSION_TOKEN"]),
        at: now)
    } else if let role = environment["AWS_ROLE_ARN"],
      let path = environment["AWS_WEB_IDENTITY_TOKEN_FILE"]
    {
      return try tokenService(role: role, tokenFile: path)
    } else if let path = environment["AWS_SHARED_CREDENTIALS_FILE"] {
      keep(
        try Self.keys(inFile: path, profile: environment["AWS_PROFILE"] ?? aws.profile), at: now)
    } else if let url = containerURL {
      return try container(url)
    } else {
      throw Self.failure(
        "there are no keys of AWS: neither aws.credentialsFile nor AWS_ACCESS_KEY_ID,"
          + " AWS_WEB_IDENTITY_TOKEN_FILE (IAM roles for service accounts) or"
          + " AWS_CONTAINER_CREDENTIALS_FULL_URI (pod identity) is set")
    }
    return nil
  }

  mutating func renewed(by response: HTTPResponse, at now: Instant) throws(FetchFailure) {
    let found: (keys: AWSKeys, end: Instant)?
    let shown: String
    switch origin {
    case .tokenService(let endpoint):
      shown = endpoint
      found = response.status == 200 ? AWSKeys.tokenService(response.body) : nil
    case .container(let endpoint):
      shown = endpoint
      found = response.status == 200 ? try? AWSKeys.container(response.body) : nil
    case nil: return
    }
    guard let found, found.end > now else {
      throw Self.failure(
        "no keys were handed out: \(shown) answered \(Self.words(of: response))")
    }
    keys = Expiring(found.keys, from: now, until: found.end)
  }

  func authorize(_ request: inout HTTPRequest, at now: Instant) {
    guard let keys, let region = try? region() else { return }
    keys.value.noteSecrets()
    AWSSignature(keys: keys.value, region: region, service: aws.service).sign(&request, at: now)
  }

  /// Keys that have ended are refused with 403, which also says that a role may not do this: one more
  /// request tells the two apart.
  mutating func wasRefused(status: Int) -> Bool {
    guard status == 401 || status == 403, origin != nil else { return false }
    keys = nil
    return true
  }

  // MARK: Where keys come from

  private mutating func keep(_ found: AWSKeys, at now: Instant) {
    origin = nil
    keys = Expiring(found, from: now, until: now.advanced(by: Self.rereadAfter))
  }

  private static func keys(inFile path: String, profile: String) throws(FetchFailure) -> AWSKeys {
    let text = String(decoding: try CredentialFile.content(path), as: UTF8.self)
    guard let keys = AWSKeys(file: text, profile: profile) else {
      throw failure(
        "the file \(path) has no aws_access_key_id and aws_secret_access_key in [\(profile)]")
    }
    return keys
  }

  private mutating func tokenService(
    role: String, tokenFile: String
  ) throws(FetchFailure) -> HTTPRequest {
    let region = try region()
    var file = SecretFile(path: tokenFile)
    let token = try CredentialFile.read(&file)
    let domain = region.hasPrefix("cn-") ? "amazonaws.com.cn" : "amazonaws.com"
    let endpoint = TokenEndpoint(
      environment["AWS_ENDPOINT_URL_STS"] ?? "https://sts.\(region).\(domain)/", of: dataSource)
    origin = .tokenService(shown: endpoint.shown)
    var request = endpoint.request([
      ("Action", "AssumeRoleWithWebIdentity"), ("Version", "2011-06-15"), ("RoleArn", role),
      ("RoleSessionName", environment["AWS_ROLE_SESSION_NAME"] ?? "headstart"),
      ("WebIdentityToken", token.secret),
    ])
    request.headers.removeAll { $0.name == "Accept" }
    return request
  }

  private var containerURL: String? {
    environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"]
      ?? environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"].map { "http://169.254.170.2\($0)" }
  }

  private mutating func container(_ url: String) throws(FetchFailure) -> HTTPRequest {
    guard let parsed = HTTPURL(url), Self.mayHandOutKeys(parsed) else {
      throw Self.failure(
        "AWS_CONTAINER_CREDENTIALS_FULL_URI is \(HTTPURL(url)?.shown ?? "not a URL"), expected https,"
          + " or http at this machine, 169.254.170.2 or 169.254.170.23")
    }
    origin = .container(shown: parsed.shown)
    var request = HTTPRequest(
      url: url, timeout: dataSource.timeout, redirects: .returned,
      maximumResponseSize: TokenEndpoint.maximumResponseSize)
    request.reachesMetadata = true
    if let path = environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] {
      var file = SecretFile(path: path)
      request.headers.append(
        HTTPField("Authorization", try CredentialFile.read(&file).secret))
    } else if let token = environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"] {
      let field = HTTPField("Authorization", token)
      SecretLedger.note(field.value)
      request.headers.append(field)
    }
    return request
  }

  /// As AWS's own libraries have it: keys do not come over a network in clear text.
  private static func mayHandOutKeys(_ url: HTTPURL) -> Bool {
    guard url.origin.hasPrefix("http://") else { return true }
    let host = url.origin.dropFirst("http://".count)
    let hosts = [
      "169.254.170.2", "169.254.170.23", "[fd00:ec2::23]", "localhost", "127.0.0.1", "[::1]",
    ]
    return hosts.contains { host == $0 || host.hasPrefix("\($0):") }
  }

  private func region() throws(FetchFailure) -> String {
    if let region = aws.region ?? environment["AWS_REGION"] ?? environment["AWS_DEFAULT_REGION"] {
      return region
    }
    throw Self.failure("the region of AWS is not known: give aws.region, or set AWS_REGION")
  }

  private static func words(of response: HTTPResponse) -> String {
    let text = String(decoding: response.body.prefix(2048), as: UTF8.self)
    let words =
      AWSKeys.element("Message", in: text).map {
        "\(AWSKeys.element("Code", in: text) ?? "Error"): \($0)"
      } ?? text
    // A good answer has keys in it, of which nothing is known yet.
    guard response.status != 200 else { return "without keys that are valid now" }
    return "HTTP \(response.status) \"\(Excerpt.text(of: words, length: 300))\""
  }

  private static func failure(_ message: String) -> FetchFailure {
    FetchFailure(.credentials, concernsSource: true, message)
  }
}
