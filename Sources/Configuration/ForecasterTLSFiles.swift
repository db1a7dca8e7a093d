/// What secures the way to the forecaster that a flag names: Kedastral's `--tls-*`. The gRPC port has
/// files of its own.
package struct ForecasterTLSFiles: Sendable, Equatable {
  /// PEM: the certificate that is presented.
  package var certificate: String
  /// PEM: its key.
  package var key: String
  /// PEM: what the forecaster's certificate must chain to; nil for the system's.
  package var authorities: String?

  package init(certificate: String, key: String, authorities: String? = nil) {
    self.certificate = certificate
    self.key = key
    self.authorities = authorities
  }
}
