internal import COpenSSL

/// Looks for what is wrong with PEM files that another library could not use, so that an error says
/// it in the words of ours.
package enum PEMFiles {
  /// - Throws: what is wrong with a file of authorities: it cannot be read, holds no certificate,
  ///   or one that is broken.
  package static func checkAuthorities(_ path: String) throws(TLSError) {
    let pem = try TLSFiles.read(path)
    try TLSContext.withScratch(for: path) { context throws(TLSError) in
      try TLSContext.take(pem, from: path, expected: "PEM certificates of authorities") {
        copenssl_require_clients(context, $0, $1)
      }
    }
  }

  /// - Throws: what is wrong with a certificate and its chain.
  package static func checkCertificate(_ path: String) throws(TLSError) {
    let pem = try TLSFiles.read(path)
    try TLSContext.withScratch(for: path) { context throws(TLSError) in
      try TLSContext.take(pem, from: path, expected: "a PEM certificate") {
        copenssl_use_chain(context, $0, $1)
      }
    }
  }

  /// - Throws: what is wrong with a key, or that it is not the certificate's, which has been checked.
  package static func checkKey(_ path: String, of certificate: String) throws(TLSError) {
    let pem = try TLSFiles.read(path)
    let chain = try TLSFiles.read(certificate)
    try TLSContext.withScratch(for: path) { context throws(TLSError) in
      try TLSContext.take(chain, from: certificate, expected: "a PEM certificate") {
        copenssl_use_chain(context, $0, $1)
      }
      try TLSContext.takeKey(pem, from: path, of: chain, in: certificate, context)
    }
  }
}
