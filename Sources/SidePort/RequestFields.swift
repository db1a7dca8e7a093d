internal import CMicroHTTPD

/// What libmicrohttpd lets pass in the fields of a request, and proxies may read otherwise.
struct RequestFields {
  private var badName: String?
  private var badValue: String?
  private var hosts = 0
  private var lengths = 0
  private var isChunked = false

  /// A request that two readers may see two different ones in (RFC 9112, 3.2, 5.1, 5.5 and 6.3): a name
  /// that is no token, `Transfer-Encoding ` for instance; a control character in a value; more than one
  /// `Host`; more than one length of the body, or one that is no number.
  ///
  /// - Returns: one sentence; nil where nothing is wrong.
  static func problem(of connection: OpaquePointer) -> String? {
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
    return fields.problem
  }

  private mutating func note(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
    let text = String(decoding: name, as: UTF8.self)
    if name.isEmpty || !name.allSatisfy(Self.isTokenByte) { badName = text }
    if !value.allSatisfy(Self.isTextByte) { badValue = text }
    switch text.lowercased() {
    case "host": hosts += 1
    case "transfer-encoding": isChunked = true
    case "content-length":
      lengths += 1
      if value.isEmpty || !value.allSatisfy(Self.isDigit) { badValue = text }
    default: break
    }
  }

  private var problem: String? {
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

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}
