internal import Scaling

/// The fields of a data source that say what lets its requests in: at most one of them is given.
struct SourceAuthorizationFields {
  private let fields: ManifestFields
  private let oauth2: ManifestValue?
  private let aws: ManifestValue?
  private let google: ManifestValue?
  private let azure: ManifestValue?
  /// Whoever says `Authorization`.
  let headerOwner: ManifestValue.HeaderOwner

  /// Reports all but the first.
  init(_ fields: ManifestFields) {
    self.fields = fields
    oauth2 = fields.optional("oauth2")
    aws = fields.optional("aws")
    google = fields.optional("google")
    azure = fields.optional("azure")
    let all = [
      ("bearerTokenFile", fields.optional("bearerTokenFile")),
      ("basicAuth", fields.optional("basicAuth")), ("oauth2", oauth2), ("aws", aws),
      ("google", google), ("azure", azure),
    ]
    let given = all.filter { $0.1 != nil }
    guard let first = given.first else {
      headerOwner = .source
      return
    }
    for other in given.dropFirst() {
      other.1?.error("\(first.0) is given too; a request can carry only one of them")
    }
    headerOwner = .sourceWith(
      ["bearerTokenFile", "basicAuth"].contains(first.0)
        ? "bearerTokenFile or basicAuth" : first.0)
  }

  /// - Parameter address: of the server; nil where it could not be read.
  func decode(address: String?) -> SourceAuthorization? {
    let found = [
      oauth2.flatMap(Self.oauth2), aws.flatMap { Self.aws($0, address) },
      google.flatMap(Self.google), azure.flatMap(Self.azure),
    ]
    return found.lazy.compactMap(\.self).first
  }

  private static let path = "the path of a file"

  private static func oauth2(_ value: ManifestValue) -> SourceAuthorization? {
    guard let fields = value.mapping() else { return nil }
    let url = fields.required("tokenURL")?.serverAddress()
    let id = fields.required("clientID")?.text()
    let secret = fields.required("clientSecretFile")?.text(expected: path)
    fields.refuse(
      "clientSecret", "a secret does not belong in a manifest; put it in a file: clientSecretFile")
    fields.refuse("audience", "unknown field; write parameters: {audience: …}")
    var oauth2 = SourceAuthorization.OAuth2(
      tokenURL: url ?? "", clientID: id ?? "", clientSecretFile: secret ?? "")
    oauth2.scopes = fields.optional("scopes")?.scopes() ?? []
    oauth2.parameters = fields.optional("parameters")?.queryParameters(.token) ?? [:]
    oauth2.inBody =
      fields.optional("credentialsIn")?.choice([("header", false), ("body", true)]) ?? false
    oauth2.caFile = fields.optional("caFile")?.text(expected: path)
    fields.reportUnknown()
    return .oauth2(oauth2)
  }

  private static let noFields = "write {} for what the environment says"

  private static func aws(_ value: ManifestValue, _ address: String?) -> SourceAuthorization? {
    guard let fields = value.mapping(hint: noFields) else { return nil }
    let service = fields.optional("service")?.awsWord("a service of AWS such as aps or monitoring")
    var aws = SourceAuthorization.AWS(service: service ?? SourceAuthorization.Defaults.awsService)
    aws.region = fields.optional("region")?.awsWord("a region of AWS such as eu-west-1")
    aws.credentialsFile = fields.optional("credentialsFile")?.text(expected: path)
    let profile = fields.optional("profile")
    if let profile, aws.credentialsFile == nil {
      profile.warning("has no effect without credentialsFile")
    }
    aws.profile = profile?.text() ?? aws.profile
    fields.reportUnknown()
    if let address { AWSAddress(address)?.compare(with: aws, at: value) }
    return .aws(aws)
  }

  private static func google(_ value: ManifestValue) -> SourceAuthorization? {
    guard let fields = value.mapping(hint: noFields) else { return nil }
    var google = SourceAuthorization.Google()
    google.serviceAccountFile = fields.optional("serviceAccountFile")?.text(expected: path)
    if let scopes = fields.optional("scopes")?.scopes(), !scopes.isEmpty { google.scopes = scopes }
    fields.reportUnknown()
    return .google(google)
  }

  private static func azure(_ value: ManifestValue) -> SourceAuthorization? {
    guard let fields = value.mapping(hint: noFields) else { return nil }
    var azure = SourceAuthorization.Azure()
    azure.scope = fields.optional("scope")?.text() ?? azure.scope
    azure.tenantID = fields.optional("tenantID")?.text()
    azure.clientID = fields.optional("clientID")?.text()
    azure.federatedTokenFile = fields.optional("federatedTokenFile")?.text(expected: path)
    fields.reportUnknown()
    return .azure(azure)
  }
}

extension ManifestValue {
  /// RFC 6749, section 3.3.
  fileprivate func scopes() -> [String]? {
    let expected = "a scope without blanks, such as metrics.read"
    if case .scalar(let scalar) = node.content, case .text(let text) = scalar.value {
      // As they are sent: with blanks between them.
      let words = text.split(separator: " ").joined(separator: ", ")
      error(expected: "a list", hint: "write [\(printable(words.unicodeScalars))]")
      return nil
    }
    guard let items = list(atMost: 100) else { return nil }
    return items.compactMap { item in
      guard let text = item.text(expected: expected) else { return nil }
      let isScope = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C }
      guard isScope else {
        item.error(expected: expected)
        return nil
      }
      return text
    }
  }

  fileprivate func awsWord(_ expected: String) -> String? {
    guard let text = text(expected: expected) else { return nil }
    let isWord = text.utf8.allSatisfy { byte in
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
    }
    guard isWord else {
      error(expected: expected)
      return nil
    }
    return text
  }
}
