internal import CMicroHTTPD

/// What libmicrohttpd lets pass in the fields of a request, and proxies may read otherwise.
struct RequestFields {
  private var badName: String?
  private var badValue: String?
  private var folded: String?
  private var hosts = 0
  private var lengths = 0
  private var isChunked = false

  /// A request that two readers may see two different ones in (RFC 9112, 3.2, 5.1, 5.5 and 6.3): a name
  /// that is no token, `Transfer-Encoding ` for instance; a control character in a value; a field over
  /// several lines; no `Host`, more than one, or one that is no host; more than one length of the body, or
  /// one that is no number.
  ///
  /// - Parameter version: of the request, such as `HTTP/1.1`.
  /// - Returns: one sentence; nil where nothing is wrong.
  static func problem(of connection: OpaquePointer, version: String) -> String? {
    var fields = RequestFields()
    withUnsafeMutablePointer(to: &fields) { fields in
      _ = MHD_get_connection_values_n(
        connection, .HEADER_KIND,
        { context, _, name, nameLength, value, valueLength in
          context?.assumingMemoryBound(to: RequestFields.self).pointee.note(
            UnsafeRawBufferPointer(start: name, count: nameLength),
            UnsafeRawBufferPointer(start: value, count: valueLength))
          return .YES
        }, fields)
    }
    // Only requests of HTTP/1.0 may go without.
    if fields.hosts == 0, version != "HTTP/1.0" {
      return "a request of HTTP/1.1 needs the header Host"
    }
    return fields.problem
  }

  private mutating func note(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
    let text = String(decoding: name, as: UTF8.self)
    if name.isEmpty || !name.allSatisfy(Self.isTokenByte) { badName = text }
    if !value.allSatisfy(Self.isTextByte) { badValue = text }
    if Self.isFolded(name, value) { folded = text }
    switch text.lowercased() {
    case "host":
      hosts += 1
      if !value.allSatisfy(Self.isHostByte) { badValue = text }
    case "transfer-encoding": isChunked = true
    case "content-length":
      lengths += 1
      if value.isEmpty || !value.allSatisfy(Self.isDigit) { badValue = text }
    default: break
    }
  }

  private var problem: String? {
    if let folded {
      return "the header \(folded.prefix(60)) goes over several lines, which is not taken here"
    }
    if let badName {
      return "the header name \"\(badName.prefix(60))\" holds a character that no name may have"
    }
    if let badValue {
      return "the header \(badValue.prefix(60)) holds what its value may not have"
    }
    if hosts > 1 { return "the header Host is given \(hosts) times" }
    if lengths > 1 { return "the header Content-Length is given \(lengths) times" }
    if lengths > 0, isChunked {
      return "a request has a Content-Length or a Transfer-Encoding, and never both"
    }
    return nil
  }

  /// Whether a field goes over several lines (RFC 9112, 5.2: refuse it, or put blanks between them).
  /// libmicrohttpd 0.9.75 appends the second line to the *name*, in a copy of it after the value: of
  /// `Transfer-Encoding:` and ` chunked` it makes a field `Transfer-Encodingchunked`. Else a name ends before
  /// its value begins, as on the wire.
  private static func isFolded(
    _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer
  ) -> Bool {
    guard let start = name.baseAddress, let valueStart = value.baseAddress else { return false }
    return valueStart <= start + name.count
  }

  /// RFC 9110, 5.6.2.
  private static func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"):
      true
    default: isDigit(byte) || "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
  }

  /// RFC 9110, 5.5.
  private static func isTextByte(_ byte: UInt8) -> Bool {
    byte >= 0x20 && byte != 0x7F || byte == 0x09
  }

  /// RFC 3986, 3.2.2 and 3.2.3: a name, or an address, and a port.
  private static func isHostByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"):
      true
    default: isDigit(byte) || "-._~%!$&'()*+,;=:[]".utf8.contains(byte)
    }
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}
