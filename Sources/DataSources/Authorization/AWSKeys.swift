internal import HTTPClient
internal import Scaling
internal import Telemetry
internal import Time

/// What AWS knows a caller by.
struct AWSKeys: Hashable {
  var accessKeyID: String
  var secretAccessKey: Redacted
  /// Of keys that end.
  var sessionToken: Redacted?

  init(accessKeyID: String, secretAccessKey: String, sessionToken: String? = nil) {
    self.accessKeyID = accessKeyID
    self.secretAccessKey = Redacted(secretAccessKey)
    self.sessionToken = sessionToken.map { Redacted($0) }
  }

  /// To be called whenever they are used.
  func noteSecrets() {
    SecretLedger.note(secretAccessKey)
    if let sessionToken { SecretLedger.note(sessionToken) }
  }

  /// Of a profile in the form of `~/.aws/credentials`; nil where it has none.
  init?(file text: String, profile: String) {
    var fields: [String: String] = [:]
    var isInProfile = false
    for line in text.split(whereSeparator: \.isNewline) {
      let line = line.trimmed
      if line.hasPrefix("["), line.hasSuffix("]") {
        isInProfile = line.dropFirst().dropLast().trimmed == profile
        continue
      }
      guard isInProfile, !line.hasPrefix("#"), !line.hasPrefix(";"),
        let equals = line.firstIndex(of: "=")
      else { continue }
      let name = line[..<equals].trimmed
      fields[name] = line[line.index(after: equals)...].trimmed
    }
    guard let id = fields["aws_access_key_id"], let secret = fields["aws_secret_access_key"],
      !id.isEmpty, !secret.isEmpty
    else { return nil }
    self.init(
      accessKeyID: id, secretAccessKey: secret, sessionToken: fields["aws_session_token"])
  }

  /// What the credentials endpoint of a pod answers.
  static func container(_ body: [UInt8]) throws(JSONError) -> (keys: AWSKeys, end: Instant)? {
    var fields: [String: String] = [:]
    var reader = JSONReader(body)
    try reader.readObject { reader, name throws(JSONError) in
      guard reader.nextKind() == .string else { return try reader.skipValue() }
      fields[name] = try reader.readString()
    }
    try reader.finish()
    return keys(
      fields["AccessKeyId"], fields["SecretAccessKey"], fields["Token"], fields["Expiration"])
  }

  /// What the Security Token Service answers: XML, of which four elements count.
  static func tokenService(_ body: [UInt8]) -> (keys: AWSKeys, end: Instant)? {
    let text = String(decoding: body, as: UTF8.self)
    return keys(
      element("AccessKeyId", in: text), element("SecretAccessKey", in: text),
      element("SessionToken", in: text), element("Expiration", in: text))
  }

  /// The text of the first element of that name, which is nothing but letters, digits and marks that XML
  /// does not escape.
  static func element(_ name: String, in text: String) -> String? {
    guard let start = text.firstRange(of: "<\(name)>"),
      let end = text[start.upperBound...].firstRange(of: "</\(name)>")
    else { return nil }
    return String(text[start.upperBound..<end.lowerBound])
  }

  private static func keys(
    _ id: String?, _ secret: String?, _ token: String?, _ expiration: String?
  ) -> (keys: AWSKeys, end: Instant)? {
    guard let id, let secret, !id.isEmpty, !secret.isEmpty, let expiration,
      let end = try? Instant(rfc3339: expiration)
    else { return nil }
    return (AWSKeys(accessKeyID: id, secretAccessKey: secret, sessionToken: token), end)
  }
}
