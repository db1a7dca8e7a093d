internal import COpenSSL

/// Certificate, key, trusted clients and the rules of TLS, as all connections of one moment share
/// them. The owner of an `SSL_CTX`.
///
/// Invariant for `@unchecked Sendable`: nothing of the `SSL_CTX` changes after `init`, and OpenSSL
/// counts its references atomically. Every context has ticket keys of its own, so that a session
/// that an earlier one verified cannot be resumed after a reload.
package final class TLSContext: @unchecked Sendable {
  let pointer: OpaquePointer
  /// What it was made of.
  package let contents: TLSFiles.Contents
  /// When the certificate begins to be valid, in seconds since 1970.
  package let validFrom: Int64
  /// When the certificate ceases to be valid, in seconds since 1970.
  package let validUntil: Int64

  /// Reads the files.
  ///
  /// - Throws: which file is wrong, and how.
  package convenience init(_ files: TLSFiles) throws(TLSError) {
    try self.init(try files.read(), of: files)
  }

  /// - Parameter files: where the contents came from, for what is thrown.
  /// - Throws: which file is wrong, and how.
  package init(_ contents: TLSFiles.Contents, of files: TLSFiles) throws(TLSError) {
    guard let context = copenssl_server_context() else {
      throw TLSError(files.certificate, "OpenSSL could not be set up: \(Self.lastError)")
    }
    do throws(TLSError) {
      try Self.take(
        contents.certificate, from: files.certificate, expected: "a PEM certificate"
      ) { copenssl_use_chain(context, $0, $1) }
      // Without this check OpenSSL would drop the certificate in favour of the key.
      try Self.takeKey(
        contents.key, from: files.key, of: contents.certificate, in: files.certificate, context)
      if let authorities = contents.clientAuthorities, let path = files.clientAuthorities {
        try Self.take(authorities, from: path, expected: "PEM certificates of authorities") {
          copenssl_require_clients(context, $0, $1)
        }
      }
    } catch {
      SSL_CTX_free(context)
      throw error
    }
    pointer = context
    self.contents = contents
    var (begin, end) = (Int64(0), Int64(0))
    copenssl_validity(context, &begin, &end)
    validFrom = begin
    validUntil = end
  }

  deinit {
    SSL_CTX_free(pointer)
  }

  /// - Throws: what is wrong with the key, or with the order of the certificates.
  static func takeKey(
    _ key: [UInt8], from path: String, of chain: [UInt8], in chainPath: String,
    _ context: OpaquePointer
  ) throws(TLSError) {
    let place = chain.withUnsafeBytes { chain in
      key.withUnsafeBytes { key in
        copenssl_place_of_key(
          chain.baseAddress, Int32(clamping: chain.count), key.baseAddress,
          Int32(clamping: key.count))
      }
    }
    guard place <= 1 else {
      throw TLSError(
        path,
        "the key does not belong to the first certificate of \(chainPath); it belongs to number"
          + " \(place): the server's own certificate comes first, then those that signed it")
    }
    try take(key, from: path, expected: "a PEM private key") {
      copenssl_use_key(context, $0, $1)
    }
    guard SSL_CTX_check_private_key(context) == 1 else {
      throw TLSError(path, "the key does not belong to the certificate in \(chainPath)")
    }
  }

  /// A context to try files on.
  static func withScratch(
    for path: String, _ body: (OpaquePointer) throws(TLSError) -> Void
  ) throws(TLSError) {
    guard let context = copenssl_server_context() else {
      throw TLSError(path, "OpenSSL could not be set up: \(lastError)")
    }
    defer { SSL_CTX_free(context) }
    try body(context)
  }

  static func take(
    _ pem: [UInt8], from path: String, expected: String,
    _ body: (UnsafeRawPointer?, Int32) -> copenssl_result
  ) throws(TLSError) {
    // No file is longer than `TLSFiles.longestFile`.
    switch pem.withUnsafeBytes({ body($0.baseAddress, Int32(clamping: $0.count)) }) {
    case COPENSSL_OK: return
    case COPENSSL_NONE: throw TLSError(path, "expected \(expected), found none")
    case COPENSSL_ENCRYPTED:
      throw TLSError(path, "the key is encrypted; it must have no passphrase")
    case COPENSSL_REFUSED:
      let reason = lastError
      guard reason != "key values mismatch" else {
        throw TLSError(path, "the key does not belong to the certificate")
      }
      throw TLSError(path, "OpenSSL refuses it: \(reason)")
    default: throw TLSError(path, "expected \(expected), found one that cannot be read")
    }
  }

  private static var lastError: String {
    defer { ERR_clear_error() }
    guard let text = ERR_reason_error_string(ERR_peek_last_error()) else {
      return "no reason given"
    }
    return String(cString: text)
  }
}
