internal import TLS

extension HTTPRequest.TLSFiles {
  /// What is wrong with one of the files, which libcurl could not use: the field and the file by
  /// name. Nil when all of them can be used. Reads the files.
  var problem: String? {
    if let path = caFile, let problem = Self.problem({ try PEMFiles.checkAuthorities(path) }) {
      return "caFile \(problem)"
    }
    guard let certificate = clientCertificateFile else { return nil }
    if let problem = Self.problem({ try PEMFiles.checkCertificate(certificate) }) {
      return "clientCertificateFile \(problem)"
    }
    guard let key = clientKeyFile,
      let problem = Self.problem({ try PEMFiles.checkKey(key, of: certificate) })
    else { return nil }
    return "clientKeyFile \(problem)"
  }

  private static func problem(_ check: () throws -> Void) -> String? {
    do {
      try check()
      return nil
    } catch {
      return "\(error)"
    }
  }
}
