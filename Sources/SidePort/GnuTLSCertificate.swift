internal import CMicroHTTPD

/// The certificate and key of a side port that speaks TLS, which a reload exchanges. Connections
/// keep the pair that their handshake began with.
///
/// Invariant for `@unchecked Sendable`: the C object behind the pointer locks itself.
package final class GnuTLSCertificate: @unchecked Sendable {
  let pointer: OpaquePointer

  /// - Parameters:
  ///   - certificate: PEM: the certificate, then its chain.
  ///   - key: PEM, without a passphrase. That it belongs to the certificate has been checked.
  /// - Throws: when GnuTLS has no use for them.
  package init(certificate: [UInt8], key: [UInt8]) throws(SidePortError) {
    guard let pointer = headstart_mhd_certificate_new() else {
      throw SidePortError("the side port's certificate: no memory is left")
    }
    self.pointer = pointer
    try replace(certificate: certificate, key: key)
  }

  deinit {
    headstart_mhd_certificate_free(pointer)
  }

  /// New connections get this pair.
  ///
  /// - Throws: when GnuTLS has no use for it; the pair before stays.
  package func replace(certificate: [UInt8], key: [UInt8]) throws(SidePortError) {
    let problem = certificate.withUnsafeBytes { chain in
      key.withUnsafeBytes { key in
        headstart_mhd_certificate_set(
          pointer, chain.baseAddress, chain.count, key.baseAddress, key.count)
      }
    }
    guard let problem else { return }
    throw SidePortError("the side port's certificate: GnuTLS says: \(String(cString: problem))")
  }
}
