internal import Configuration
package import DataSources
internal import Glibc
internal import Telemetry

/// What a start finds around it, beside its own flags.
extension Server {
  /// The variables with which a cloud says who this workload is.
  package static var cloudEnvironment: CloudEnvironment {
    var found: [String: String] = [:]
    for name in CloudEnvironment.names { found[name] = getenv(name).map { String(cString: $0) } }
    return CloudEnvironment(found)
  }

  /// Flags of Kedastral's that once secured the gRPC port, too.
  func warnOfPlaintext() {
    guard configuration.forecasterTLS != nil, configuration.grpcTLS == nil else { return }
    logger.warning(
      "the gRPC port is plaintext: --tls-* (TLS_*) secure the way to the forecaster alone; the port has"
        + " --grpc-tls-cert-file and --grpc-tls-key-file (GRPC_TLS_CERT_FILE, GRPC_TLS_KEY_FILE)")
  }
}
