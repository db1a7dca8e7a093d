internal import Scaling
internal import Time

/// `DataSource` of `headstart.dev/v1alpha1`: a forecaster, a Prometheus server or another endpoint.
enum DataSourceKind: ManifestKind {
  static let apiVersion = "headstart.dev/v1alpha1"
  static let kind = "DataSource"

  static func decode(
    spec: ManifestFields, metadata: ObjectMetadata, decoder: ManifestDecoder
  ) -> ManifestObject? {
    let types = DataSource.Kind.allCases.map { (word: $0.rawValue, meaning: $0) }
    let kind = spec.required("type")?.choice(types)
    let directory = spec.optional("directory")
    let address =
      (directory == nil ? spec.required("address") : spec.optional("address"))?.serverAddress()
    if let directory, address != nil {
      directory.error(
        "address is given too; a data source has exactly one of address and directory")
    }
    if let directory, let kind, kind != .forecaster {
      directory.error("only a forecaster can be a directory of files; write type: forecaster")
    }
    let (timeout, refresh) = times(spec)
    let bearer = spec.optional("bearerTokenFile")
    let basic = spec.optional("basicAuth")
    let authorization = SourceAuthorizationFields(spec)
    let headers = spec.optional("headers")?.headers(of: authorization.headerOwner)
    let headerFiles = spec.optional("headerFiles")?.headerFiles(beside: headers ?? [:])
    let files = tlsFiles(spec, address: address)
    var source = DataSource(
      name: metadata.name, kind: kind ?? .prometheus, address: address ?? "", timeout: timeout,
      refresh: refresh, headers: headers ?? [:], bearerTokenFile: bearer?.text(expected: path),
      basicAuth: basic.flatMap(basicAuth))
    let parameters = spec.optional("parameters")
    source.parameters =
      parameters?.queryParameters(kind == .http ? .http : .prometheus) ?? [:]
    if let parameters, kind == .forecaster { parameters.warning("has no effect on a forecaster") }
    source.headerFiles = headerFiles ?? [:]
    source.authorization = authorization.decode()
    source.proxy = spec.optional("proxy")?.proxyAddress()
    source.verifiesServer = verifiesServer(spec, address: address, authority: files.authority)
    let partial = spec.optional("partialAnswers")
    source.acceptsPartialAnswers =
      partial?.choice([("raiseOnly", false), ("accept", true)]) ?? false
    if let partial, let kind, kind != .prometheus {
      partial.warning("has no effect on \(kind == .http ? "type http" : "a forecaster")")
    }
    source.directory = directory?.directory()
    if directory != nil {
      let names: [StaticString] = [
        "headers", "headerFiles", "bearerTokenFile", "basicAuth", "caFile", "clientCertificateFile",
        "timeout",
        "proxy", "insecureSkipVerify", "oauth2", "aws", "google", "azure",
      ]
      for name in names {
        spec.optional(name)?.warning("has no effect on a directory of files")
      }
    }
    spec.reportUnknown()
    source.caFile = files.authority
    source.clientCertificateFile = files.certificate
    source.clientKeyFile = files.key
    return ManifestObject(
      content: .dataSource(source), position: metadata.position, references: [])
  }

  private static let path = "the path of a file"

  private static func times(_ spec: ManifestFields) -> (timeout: Duration, refresh: Duration) {
    let refresh =
      spec.optional("refresh")?.duration(in: ManifestLimits.refresh) ?? DataSource.Defaults.refresh
    let field = spec.optional("timeout")
    // A shorter refresh brings the default down with it: requests should not overtake each other.
    let standard = min(DataSource.Defaults.timeout, refresh)
    let timeout = field?.duration(in: ManifestLimits.timeout) ?? standard
    if let field, timeout > refresh {
      field.warnOfLength(timeout, refresh: refresh)
    }
    return (timeout, refresh)
  }

  private static func verifiesServer(
    _ spec: ManifestFields, address: String?, authority: String?
  ) -> Bool {
    guard let field = spec.optional("insecureSkipVerify"), field.boolean() == true else {
      return true
    }
    if let address, address.prefix(5).lowercased() == "http:" {
      field.warning("has no effect: the address is not https")
    } else {
      field.warning(
        "the server's certificate is not checked: whoever stands in between can read the"
          + " credentials and make up the answers; give caFile instead"
          + (authority == nil ? "" : " (it has no effect beside this)"))
    }
    return false
  }

  static func basicAuth(_ value: ManifestValue) -> DataSource.BasicAuth? {
    guard let fields = value.mapping() else { return nil }
    let username = fields.required("username")
    let passwordFile = fields.required("passwordFile")?.text(expected: path)
    if let password = fields.optional("password") {
      password.error("a password does not belong in a manifest; put it in a file: passwordFile")
    }
    fields.reportUnknown()
    guard let username, let name = username.text() else { return nil }
    guard !name.contains(":") else {
      // RFC 7617, section 2.
      username.error("a user name of basic authentication cannot hold a colon")
      return nil
    }
    return DataSource.BasicAuth(username: name, passwordFile: passwordFile ?? "")
  }

  static func tlsFiles(
    _ spec: ManifestFields, address: String?
  ) -> (authority: String?, certificate: String?, key: String?) {
    let authority = spec.optional("caFile")
    let certificate = spec.optional("clientCertificateFile")
    let key = spec.optional("clientKeyFile")
    if let certificate, key == nil {
      certificate.error("clientKeyFile is missing; a client certificate needs its key")
    }
    if let key, certificate == nil {
      key.error("clientCertificateFile is missing; a client key needs its certificate")
    }
    if let address, address.prefix(5).lowercased() == "http:" {
      for file in [authority, certificate].compactMap(\.self) {
        file.warning("has no effect: the address is not https")
      }
    }
    return (
      authority?.text(expected: path), certificate?.text(expected: path),
      key?.text(expected: path)
    )
  }
}

extension ManifestValue {
  /// An absolute path, without a slash at its end.
  fileprivate func directory() -> String? {
    let expected = "the absolute path of a directory, such as /etc/forecasts"
    guard let text = text(expected: expected) else { return nil }
    guard text.hasPrefix("/") else {
      error(expected: expected)
      return nil
    }
    var path = Substring(text)
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    return String(path)
  }
}
