internal import EventLoop
internal import SidePort
internal import TLS
internal import Telemetry

/// What the gRPC port is secured with.
struct GRPCCertificate {
  let credentials: TLSCredentials
  private let files: TLSFiles

  /// - Throws: `TLSError`, what is wrong with the files.
  init(_ files: TLSFiles) throws(TLSError) {
    self.files = files
    credentials = TLSCredentials(try TLSContext(files))
  }

  /// Exchanges it when the files change.
  func watcher(
    on loop: EventLoop, _ logger: Logger, _ metrics: CertificateMetrics
  ) -> CertificateWatcher {
    CertificateWatcher(
      loop: loop, files: files, inForce: credentials.current, port: "gRPC", logger: logger,
      metrics: metrics
    ) { [credentials] context in credentials.replace(with: context) }
  }
}

/// What the side port is secured with. OpenSSL checks the files, with words that people understand,
/// and GnuTLS, which libmicrohttpd is built on, speaks with them.
struct SidePortCertificate {
  let certificate: GnuTLSCertificate
  private let files: TLSFiles
  private let context: TLSContext

  /// - Throws: what is wrong with the files.
  init(_ files: TLSFiles) throws {
    self.files = files
    context = try TLSContext(files)
    certificate = try GnuTLSCertificate(
      certificate: context.contents.certificate, key: context.contents.key)
  }

  /// Exchanges it when the files change.
  func watcher(
    on loop: EventLoop, _ logger: Logger, _ metrics: CertificateMetrics
  ) -> CertificateWatcher {
    CertificateWatcher(
      loop: loop, files: files, inForce: context, port: "HTTP", logger: logger, metrics: metrics
    ) { [certificate] context in
      try certificate.replace(
        certificate: context.contents.certificate, key: context.contents.key)
    }
  }
}
