internal import CCurl
package import Telemetry

/// An `http` or `https` URL, taken apart by the parser that also makes the requests: what is
/// checked here is what libcurl will do.
package struct HTTPURL: Sendable {
  /// As given; may hold a user and a password, so it never goes into a text for people.
  package let text: String
  /// Scheme, host and port, in one spelling: `https://prometheus.example:9090`. The port is left
  /// out when it is the scheme's own.
  package let origin: String
  /// Starts with `/`.
  package let path: String
  /// Decoded, as libcurl sends them; nil for none.
  package let user: String?
  package let password: Redacted?

  /// Nil for what is not a URL, or of another scheme.
  package init?(_ text: String) {
    guard let handle = curl_url() else { return nil }
    defer { curl_url_cleanup(handle) }
    guard curl_url_set(handle, CURLUPART_URL, text, 0) == CURLUE_OK,
      let scheme = Self.part(CURLUPART_SCHEME, of: handle)?.lowercased(),
      scheme == "http" || scheme == "https",
      let host = Self.part(CURLUPART_HOST, of: handle)?.lowercased(),
      let path = Self.part(CURLUPART_PATH, of: handle)
    else { return nil }
    let port = Self.part(CURLUPART_PORT, of: handle, flags: UInt32(CURLU_NO_DEFAULT_PORT))
    self.text = text
    self.path = path
    user = Self.part(CURLUPART_USER, of: handle, flags: UInt32(CURLU_URLDECODE))
    password = Self.part(CURLUPART_PASSWORD, of: handle, flags: UInt32(CURLU_URLDECODE))
      .map { Redacted($0) }
    origin = "\(scheme)://\(host)" + (port.map { ":\($0)" } ?? "")
  }

  /// For people: without user, password, query and fragment, any of which may hold a secret.
  package var shown: String {
    path == "/" ? origin : origin + Excerpt.text(of: path)
  }

  private static func part(_ part: CURLUPart, of handle: OpaquePointer, flags: UInt32 = 0)
    -> String?
  {
    var copy: UnsafeMutablePointer<CChar>?
    guard curl_url_get(handle, part, &copy, flags) == CURLUE_OK, let copy else { return nil }
    defer { curl_free(copy) }
    return String(cString: copy)
  }
}
