internal import Scaling

/// `DataSource` of `headstart.dev/v1alpha1`: a forecaster or a Prometheus server.
enum DataSourceKind: ManifestKind {
  static let apiVersion = "headstart.dev/v1alpha1"
  static let kind = "DataSource"

  static func decode(
    spec: ManifestFields, metadata: ObjectMetadata, decoder: ManifestDecoder
  ) -> ManifestObject? {
    let types = DataSource.Kind.allCases.map { (word: $0.rawValue, meaning: $0) }
    let kind = spec.required("type")?.choice(types)
    let address = spec.required("address")?.serverAddress()
    let (timeout, refresh) = times(spec)
    let bearer = spec.optional("bearerTokenFile")
    let basic = spec.optional("basicAuth")
    if bearer != nil, let basic {
      basic.error("bearerTokenFile is given too; a request can carry only one of them")
    }
    let headers = spec.optional("headers")?.headers(authenticated: bearer != nil || basic != nil)
    let files = tlsFiles(spec, address: address)
    var source = DataSource(
      name: metadata.name, kind: kind ?? .prometheus, address: address ?? "", timeout: timeout,
      refresh: refresh, headers: headers ?? [:], bearerTokenFile: bearer?.text(expected: path),
      basicAuth: basic.flatMap(basicAuth))
    let partial = spec.optional("partialAnswers")
    source.acceptsPartialAnswers =
      partial?.choice([("raiseOnly", false), ("accept", true)]) ?? false
    if let partial, kind == .forecaster { partial.warning("has no effect on a forecaster") }
    spec.reportUnknown()
    source.caFile = files.authority
    source.clientCertificateFile = files.certificate
    source.clientKeyFile = files.key
    return ManifestObject(
      content: .dataSource(Shared(source)), position: metadata.position, references: [])
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
      field.warning(
        "\(timeout.text) is longer than the refresh of \(refresh.text), "
          + "so that a slow server delays the next request")
    }
    return (timeout, refresh)
  }

  private static func basicAuth(_ value: ManifestValue) -> DataSource.BasicAuth? {
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

  private static func tlsFiles(
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
