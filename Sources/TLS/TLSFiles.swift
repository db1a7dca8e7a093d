internal import Glibc

/// Where certificates are, and how they are read.
package struct TLSFiles: Sendable, Equatable {
  /// PEM: the server's certificate, then its chain.
  package var certificate: String
  /// PEM, without a passphrase.
  package var key: String
  /// PEM: the authorities of which a client must present a certificate, several during a
  /// rotation. Nil asks clients for none.
  package var clientAuthorities: String?

  package init(certificate: String, key: String, clientAuthorities: String? = nil) {
    self.certificate = certificate
    self.key = key
    self.clientAuthorities = clientAuthorities
  }

  /// What the files hold. Compared to tell whether they have changed: a mounted Secret changes by
  /// a symbolic link, which leaves times and sizes as they may be.
  package struct Contents: Sendable, Equatable {
    package var certificate: [UInt8]
    package var key: [UInt8]
    package var clientAuthorities: [UInt8]?
  }

  /// The files, each without repetition.
  package var all: [String] {
    var paths = [certificate]
    for path in [key, clientAuthorities].compactMap(\.self) where !paths.contains(path) {
      paths.append(path)
    }
    return paths
  }

  /// - Throws: which file could not be read, and why.
  package func read() throws(TLSError) -> Contents {
    Contents(
      certificate: try Self.read(certificate), key: try Self.read(key),
      clientAuthorities: try clientAuthorities.map { path throws(TLSError) in
        try Self.read(path)
      })
  }

  /// Bundles of all public authorities have 200 KiB; what is longer than 1 MiB is no such file.
  static let longestFile = 1 << 20

  static func read(_ path: String) throws(TLSError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw TLSError(path, String(cString: strerror(errno)).lowercased())
    }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: longestFile + 1)
    var length = 0
    while length < bytes.count {
      let count = bytes.withUnsafeMutableBytes {
        Glibc.read(descriptor, $0.baseAddress?.advanced(by: length), $0.count - length)
      }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw TLSError(path, String(cString: strerror(errno)).lowercased()) }
      guard count > 0 else { return Array(bytes[..<length]) }
      length += count
    }
    throw TLSError(path, "the file is longer than 1 MiB")
  }
}

/// What is wrong with the files of TLS, as one sentence.
package struct TLSError: Error, Sendable, Hashable, CustomStringConvertible {
  package let description: String

  init(_ path: String, _ problem: String) {
    description = "\(path): \(problem)"
  }
}
