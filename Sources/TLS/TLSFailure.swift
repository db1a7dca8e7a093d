internal import COpenSSL

/// Why a connection could not be secured, or could not stay so.
package struct TLSFailure: Error, Sendable, Equatable {
  /// As metrics tell it.
  package enum Reason: String, Sendable, CaseIterable {
    /// The client speaks plain text.
    case plaintext
    /// The client does not offer HTTP/2 (ALPN h2).
    case alpn
    /// The client knows no TLS from 1.2 on.
    case version
    /// No cipher or group in common.
    case cipher
    /// The client presented no certificate, and one is asked for.
    case clientCertificateMissing = "client_certificate_missing"
    /// The client's certificate is none of a trusted authority, or not valid now.
    case clientCertificateRejected = "client_certificate_rejected"
    /// The client does not accept the server's certificate.
    case serverCertificateRejected = "server_certificate_rejected"
    /// The client went away before the end of the handshake.
    case closed
    /// The handshake was not done in time.
    case timeout
    case other
  }

  package let reason: Reason
  /// One clause for people.
  package let text: String

  package init(_ reason: Reason, _ text: String) {
    self.reason = reason
    self.text = text
  }

  /// - Parameter code: OpenSSL's last error.
  init(code: UInt, of session: OpaquePointer) {
    let said = ERR_reason_error_string(code).map { String(cString: $0) } ?? "no reason given"
    switch ERR_GET_REASON(code) {
    case SSL_R_NO_APPLICATION_PROTOCOL, SSL_R_CALLBACK_FAILED:
      self.init(.alpn, "the client does not offer HTTP/2 by ALPN (h2)")
    case SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_UNKNOWN_PROTOCOL, SSL_R_WRONG_VERSION_NUMBER,
      SSL_R_VERSION_TOO_LOW, SSL_R_WRONG_SSL_VERSION, SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
      self.init(.version, "expected TLS 1.2 or 1.3: \(said)")
    case SSL_R_NO_SHARED_CIPHER, SSL_R_NO_SUITABLE_KEY_SHARE, SSL_R_NO_SHARED_GROUPS,
      SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM, SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS,
      SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
      self.init(.cipher, "the client has no cipher in common with the server: \(said)")
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
      self.init(.clientCertificateMissing, "the client presented no certificate")
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
      let cause = String(cString: X509_verify_cert_error_string(SSL_get_verify_result(session)))
      self.init(.clientCertificateRejected, "the client's certificate is not trusted: \(cause)")
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA, SSL_R_SSLV3_ALERT_BAD_CERTIFICATE,
      SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN, SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED,
      SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED, SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
      self.init(
        .serverCertificateRejected, "the client does not accept this server's certificate: \(said)")
    case SSL_R_UNEXPECTED_EOF_WHILE_READING:
      self.init(.closed, "the client closed the connection")
    default:
      self.init(.other, said)
    }
  }
}
