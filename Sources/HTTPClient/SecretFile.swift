private import Glibc
package import Telemetry

/// A file that holds a token or a password, read again whenever it has changed.
///
/// Kubernetes rotates mounted secrets by exchanging a symlink, so the file at the path is another
/// one afterwards: device and inode are compared, as well as size and times.
package struct SecretFile {
  package let path: String
  private var cached: (identity: Identity, secret: Redacted)?

  /// In bytes; a service account's token has about 1 KiB.
  static let maximumSize = 64 * 1024

  private struct Identity: Equatable {
    var device: UInt64
    var inode: UInt64
    var size: Int
    var modified: [Int]
  }

  package init(path: String) {
    self.path = path
  }

  /// What a file holds now, without the line break at its end.
  ///
  /// - Throws: one sentence, when it cannot be used as a secret.
  package static func read(_ path: String) throws(Unusable) -> Redacted {
    var file = SecretFile(path: path)
    return try file.read()
  }

  /// Why a file holds no secret.
  package struct Unusable: Error, CustomStringConvertible {
    package let description: String
  }

  /// The content, without the line break at its end.
  ///
  /// - Throws: when the file cannot be read, is empty or too large, or holds a control character,
  ///   which no header may carry.
  package mutating func read() throws(Unusable) -> Redacted {
    // Not blocking, so that a named pipe at the path cannot stop the loop.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw failure(systemError) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure(systemError) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw failure("it is not a regular file") }
    guard status.st_size <= Self.maximumSize else { throw tooLarge }
    let identity = Self.identity(status)
    if let cached, cached.identity == identity {
      SecretLedger.note(cached.secret)
      return cached.secret
    }

    let secret = try content(of: descriptor)
    SecretLedger.note(secret)
    cached = (identity, secret)
    return secret
  }

  private func content(of descriptor: Int32) throws(Unusable) -> Redacted {
    var bytes = [UInt8](repeating: 0, count: Self.maximumSize + 1)
    var count = 0
    while count < bytes.count {
      let room = bytes.count - count
      let got = bytes.withUnsafeMutableBytes { buffer in
        buffer.baseAddress.map { Glibc.read(descriptor, $0 + count, room) } ?? 0
      }
      guard got >= 0 else { throw failure(systemError) }
      guard got > 0 else { break }
      count += got
    }
    guard count <= Self.maximumSize else { throw tooLarge }
    var content = bytes[..<count]
    while let last = content.last, last == 0x0A || last == 0x0D { content.removeLast() }
    guard !content.isEmpty else { throw failure("it is empty") }
    guard content.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }),
      let text = String(validating: content, as: UTF8.self)
    else { throw failure("it is not one line of text") }
    return Redacted(text)
  }

  private static func identity(_ status: stat) -> Identity {
    Identity(
      device: UInt64(status.st_dev), inode: UInt64(status.st_ino), size: Int(status.st_size),
      modified: [
        status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ctim.tv_sec,
        status.st_ctim.tv_nsec,
      ])
  }

  private var systemError: String {
    strerror(errno).map { String(cString: $0).lowercased() } ?? "unknown error"
  }

  private var tooLarge: Unusable {
    failure("it is larger than \(Self.maximumSize / 1024) KiB")
  }

  private func failure(_ problem: String) -> Unusable {
    Unusable(description: "could not use the file \(path): \(problem)")
  }
}
