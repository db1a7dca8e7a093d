internal import Scaling

/// The fields that say how the server of a DataSource or of a Calendar is reached, and what lets
/// requests in.
enum ServerFields {
  /// All of them, and the limit of a request.
  private static let names: [StaticString] = [
    "headers", "headerFiles", "bearerTokenFile", "basicAuth", "oauth2", "aws", "google", "azure",
    "caFile", "clientCertificateFile", "clientKeyFile", "proxy", "insecureSkipVerify", "timeout",
  ]

  private static let path = "the path of a file"

  /// Reads them into a server.
  ///
  /// - Parameter address: its address; nil where that could not be read.
  static func decode(_ spec: ManifestFields, into server: inout DataSource, address: String?) {
    let bearer = spec.optional("bearerTokenFile")
    let basic = spec.optional("basicAuth")
    let authorization = SourceAuthorizationFields(spec)
    let headers = spec.optional("headers")?.headers(of: authorization.headerOwner)
    let headerFiles = spec.optional("headerFiles")?.headerFiles(beside: headers ?? [:])
    let files = tlsFiles(spec, address: address)
    server.headers = headers ?? [:]
    server.headerFiles = headerFiles ?? [:]
    server.bearerTokenFile = bearer?.text(expected: path)
    server.basicAuth = basic.flatMap(basicAuth)
    server.authorization = authorization.decode(address: address)
    server.proxy = spec.optional("proxy")?.proxyAddress()
    server.verifiesServer = verifiesServer(spec, address: address, authority: files.authority)
    server.caFile = files.authority
    server.clientCertificateFile = files.certificate
    server.clientKeyFile = files.key
    spec.refuse(
      "bearerToken", "a token does not belong in a manifest; put it in a file: bearerTokenFile")
    spec.refuse("url", "unknown field; write address")
  }

  /// Warns about each that is given where no server is asked.
  ///
  /// - Parameter origin: what is read instead: `a file`.
  static func warnOfNoEffect(_ spec: ManifestFields, on origin: String) {
    for name in names { spec.optional(name)?.warning("has no effect on \(origin)") }
  }

  private static func basicAuth(_ value: ManifestValue) -> DataSource.BasicAuth? {
    guard let fields = value.mapping() else { return nil }
    let username = fields.required("username")
    let passwordFile = fields.required("passwordFile")?.text(expected: path)
    fields.refuse(
      "password", "a password does not belong in a manifest; put it in a file: passwordFile")
    fields.reportUnknown()
    guard let username, let name = username.text() else { return nil }
    guard !name.contains(":") else {
      // RFC 7617, section 2.
      username.error("a user name of basic authentication cannot hold a colon")
      return nil
    }
    return DataSource.BasicAuth(username: name, passwordFile: passwordFile ?? "")
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
