internal import HTTPClient
internal import TLS
internal import Telemetry
internal import Time

/// Signature Version 4 of AWS, in the headers of a request.
///
/// Signed are the method, the path, the query, the body, the host, and what AWS asks to be signed: its
/// own headers and the type of the body. libcurl has it too, but Debian 12's signs query strings
/// wrongly.
struct AWSSignature {
  let keys: AWSKeys
  let region: String
  let service: String

  private static let algorithm = "AWS4-HMAC-SHA256"

  /// Adds the headers.
  func sign(_ request: inout HTTPRequest, at now: Instant) {
    let time = Self.timeText(now)
    let day = String(time.prefix(8))
    let (host, path, query) = Self.parts(of: request.url)
    // Said, because what is signed has to be what is sent.
    request.headers.append(HTTPField("Host", host))
    request.headers.append(HTTPField("X-Amz-Date", time))
    if let token = keys.sessionToken {
      request.headers.append(HTTPField("X-Amz-Security-Token", token.secret))
    }
    let content = Digest.hexadecimal(Digest.sha256(request.body ?? []))
    if isS3 { request.headers.append(HTTPField("X-Amz-Content-Sha256", content)) }
    let signed = request.headers.map { ($0.name.lowercased(), $0.value.secret) }
      .filter { $0.0 == "host" || $0.0 == "content-type" || $0.0.hasPrefix("x-amz-") }
      .sorted { $0.0 < $1.0 }
    let names = signed.map(\.0).joined(separator: ";")
    let canonical = [
      request.method.rawValue, canonicalPath(path), Self.canonicalQuery(query),
      signed.map { "\($0.0):\(Self.squeezed($0.1))\n" }.joined(), names, content,
    ].joined(separator: "\n")
    let scope = "\(day)/\(region)/\(service)/aws4_request"
    let text = [
      Self.algorithm, time, scope, Digest.hexadecimal(Digest.sha256(Array(canonical.utf8))),
    ].joined(separator: "\n")
    var key = Array("AWS4\(keys.secretAccessKey.secret)".utf8)
    for part in [day, region, service, "aws4_request"] {
      key = Digest.hmacSHA256(Array(part.utf8), key: key)
    }
    let signature = Digest.hexadecimal(Digest.hmacSHA256(Array(text.utf8), key: key))
    request.headers.append(
      HTTPField(
        "Authorization",
        "\(Self.algorithm) Credential=\(keys.accessKeyID)/\(scope), SignedHeaders=\(names),"
          + " Signature=\(signature)"))
  }

  /// `20150830T123600Z`.
  private static func timeText(_ now: Instant) -> String {
    let seconds = Instant(milliseconds: now.milliseconds - now.milliseconds % 1000)
    return String(seconds.rfc3339.filter { $0 != "-" && $0 != ":" })
  }

  /// As they will be sent: a port that is the scheme's own is not part of the host.
  private static func parts(of url: String) -> (host: String, path: Substring, query: Substring) {
    let afterScheme = url.firstRange(of: "://")?.upperBound ?? url.startIndex
    let rest = url[afterScheme...]
    let authority = rest.prefix { !"/?#".contains($0) }
    var host = authority.lowercased()
    if let at = host.lastIndex(of: "@") { host = String(host[host.index(after: at)...]) }
    let isSecure = url.lowercased().hasPrefix("https:")
    let port = isSecure ? ":443" : ":80"
    if host.hasSuffix(port) { host.removeLast(port.count) }
    let target = rest.dropFirst(authority.count).prefix { $0 != "#" }
    let path = target.prefix { $0 != "?" }
    return (host, path, target.dropFirst(path.count).dropFirst())
  }

  /// It wants paths encoded once, and the hash of the body as a header.
  private var isS3: Bool { service == "s3" }

  /// Each part is encoded once more than it is sent, as all services but S3 want it.
  private func canonicalPath(_ path: Substring) -> String {
    guard !path.isEmpty else { return "/" }
    return path.split(separator: "/", omittingEmptySubsequences: false)
      .map { isS3 ? Self.recoded($0) : PercentEncoding.encode(String($0)) }
      .joined(separator: "/")
  }

  /// Sorted by name, then by value, both encoded.
  private static func canonicalQuery(_ query: Substring) -> String {
    query.split(separator: "&").map { pair -> (name: String, value: String) in
      let name = pair.prefix { $0 != "=" }
      let value = pair.dropFirst(name.count).dropFirst()
      return (recoded(name), recoded(value))
    }
    .sorted { ($0.name, $0.value) < ($1.name, $1.value) }
    .map { "\($0.name)=\($0.value)" }.joined(separator: "&")
  }

  /// Encoded in the one way that counts, whatever it was encoded like before.
  private static func recoded(_ text: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      let digits = rest.prefix(2)
      if byte == UInt8(ascii: "%"), digits.count == 2,
        let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
      {
        bytes.append(value)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return PercentEncoding.encode(bytes: bytes)
  }

  /// Without blanks at the ends, and with one for several.
  private static func squeezed(_ value: String) -> String {
    value.split(separator: " ").joined(separator: " ")
  }
}
