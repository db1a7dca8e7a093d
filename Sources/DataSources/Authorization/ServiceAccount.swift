internal import HTTPClient
internal import TLS

/// The key of a service account of Google's, as it hands them out: a file of JSON.
struct ServiceAccount {
  private let file: String
  private let email: String
  private let key: [UInt8]
  private let keyID: String?
  let tokenURL: String

  init(file: String) throws(FetchFailure) {
    self.file = file
    var fields: [String: String] = [:]
    var reader = JSONReader(try CredentialFile.content(file))
    do throws(JSONError) {
      try reader.readObject { reader, name throws(JSONError) in
        guard reader.nextKind() == .string else { return try reader.skipValue() }
        fields[name] = try reader.readString()
      }
      try reader.finish()
    } catch {
      // What stands in the file is not for a log.
      throw Self.unusable(file, "it is not JSON, at byte \(error.offset)")
    }
    guard fields["type"] == "service_account" else {
      throw Self.unusable(file, "its type is not service_account")
    }
    guard let email = fields["client_email"], let key = fields["private_key"] else {
      throw Self.unusable(file, "client_email or private_key is missing")
    }
    self.email = email
    self.key = Array(key.utf8)
    keyID = fields["private_key_id"]
    tokenURL = fields["token_uri"] ?? "https://oauth2.googleapis.com/token"
    guard HTTPURL(tokenURL) != nil else {
      throw Self.unusable(file, "its token_uri is not a URL with http:// or https://")
    }
  }

  /// A JSON Web Token with RS256 (RFC 7515, RFC 7519).
  ///
  /// - Parameters: in seconds since 1970.
  func assertion(
    scopes: [String], from start: Int64, until end: Int64
  ) throws(FetchFailure) -> String {
    let header =
      "{\"alg\":\"RS256\",\"typ\":\"JWT\""
      + (keyID.map { ",\"kid\":\(Self.quoted($0))" } ?? "") + "}"
    let claims =
      "{\"iss\":\(Self.quoted(email)),\"scope\":\(Self.quoted(scopes.joined(separator: " "))),"
      + "\"aud\":\(Self.quoted(tokenURL)),\"iat\":\(start),\"exp\":\(end)}"
    let signed = "\(Self.encoded(Array(header.utf8))).\(Self.encoded(Array(claims.utf8)))"
    guard let signature = Digest.rs256(Array(signed.utf8), key: key) else {
      throw Self.unusable(file, "its private_key is not an RSA key in PEM")
    }
    return "\(signed).\(Self.encoded(signature))"
  }

  /// Base64 for URLs, without padding.
  private static func encoded(_ bytes: [UInt8]) -> String {
    let text = Base64.encode(bytes).utf8.filter { $0 != UInt8(ascii: "=") }.map { byte in
      byte == UInt8(ascii: "+")
        ? UInt8(ascii: "-") : byte == UInt8(ascii: "/") ? UInt8(ascii: "_") : byte
    }
    return String(decoding: text, as: UTF8.self)
  }

  private static func quoted(_ text: String) -> String {
    let escaped = text.unicodeScalars.map { scalar in
      switch scalar {
      case "\"", "\\": "\\\(scalar)"
      case _ where scalar.value < 0x20: " "
      default: "\(scalar)"
      }
    }
    return "\"\(escaped.joined())\""
  }

  private static func unusable(_ file: String, _ problem: String) -> FetchFailure {
    FetchFailure(
      .credentials, concernsSource: true,
      "could not use the file \(file) as the key of a service account: \(problem)")
  }
}
