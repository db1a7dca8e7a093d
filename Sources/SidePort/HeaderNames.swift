internal import CMicroHTTPD

/// What libmicrohttpd lets pass in the fields of a request, and proxies read otherwise.
enum HeaderNames {
  private struct Found {
    var invalid: String?
    var hosts = 0
  }

  /// A name that is no token, `Transfer-Encoding ` for instance, or more than one `Host` (RFC 9112,
  /// 5.1 and 3.2): two readers of such a request may see two different ones.
  ///
  /// - Returns: one sentence; nil where nothing is wrong.
  static func problem(of connection: OpaquePointer) -> String? {
    var found = Found()
    withUnsafeMutablePointer(to: &found) { found in
      _ = MHD_get_connection_values(
        connection, .HEADER_KIND,
        { context, _, name, _ in
          guard let name, let found = context?.assumingMemoryBound(to: Found.self) else {
            return .YES
          }
          let text = String(cString: name)
          if !text.utf8.allSatisfy(HeaderNames.isTokenByte) || text.isEmpty {
            found.pointee.invalid = text
          }
          if text.lowercased() == "host" { found.pointee.hosts += 1 }
          return .YES
        }, found)
    }
    if let name = found.invalid {
      return "the header name \"\(name.prefix(60))\" holds a character that no name may have"
    }
    return found.hosts > 1 ? "the header Host is given \(found.hosts) times" : nil
  }

  /// RFC 9110, 5.6.2.
  private static func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
  }
}
