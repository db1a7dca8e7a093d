internal import Configuration
internal import Glibc

/// A server that a command needs does not answer: exit code 3.
struct UnreachableServer: Error {
  /// One sentence for people.
  let sentence: String
}

extension Command {
  /// Writes all of a text. A reader who has gone, as `head` does, needs no more of it.
  static func write(_ text: String, to descriptor: Int32) {
    _ = writeAll(text, to: descriptor)
  }

  /// Writes a file anew.
  ///
  /// - Throws: `UsageError` that says why it cannot be written.
  static func write(_ text: String, toFile path: String) throws(UsageError) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw UsageError("cannot write \(path): \(String(cString: strerror(errno)))")
    }
    let error = writeAll(text, to: descriptor)
    guard close(descriptor) == 0, error == 0 else {
      throw UsageError("cannot write \(path): \(String(cString: strerror(error)))")
    }
  }

  /// - Returns: 0, or the value of `errno`.
  private static func writeAll(_ text: String, to descriptor: Int32) -> Int32 {
    var text = text
    return text.withUTF8 { bytes in
      var written = 0
      while written < bytes.count {
        let count = Glibc.write(
          descriptor, bytes.baseAddress.map { $0 + written }, bytes.count - written)
        if count >= 0 {
          written += count
        } else if errno != EINTR {
          return errno
        }
      }
      return 0
    }
  }
}
