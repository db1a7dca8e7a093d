private import Glibc

/// A file of other people that is read in one go, on an event loop.
package enum SmallFile {
  /// Why a file cannot be read.
  package struct Unreadable: Error, Hashable, CustomStringConvertible {
    /// The rest of a sentence about the file.
    package let description: String
    /// There is no such file.
    package let isMissing: Bool
  }

  /// - Parameter limit: In bytes.
  /// - Throws: for a file that is missing, no regular file, or longer than the limit.
  package static func read(_ path: String, limit: Int) throws(Unreadable) -> [UInt8] {
    // Not blocking, so that a named pipe at the path cannot stop the loop.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw systemError }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw systemError }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw Unreadable(description: "it is not a regular file", isMissing: false)
    }
    guard status.st_size <= limit else { throw tooLong(limit) }
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size) + 1)
    var count = 0
    // A file that grows meanwhile is cut, and read whole the next time.
    while count < bytes.count {
      let room = bytes.count - count
      let got = bytes.withUnsafeMutableBytes { buffer in
        buffer.baseAddress.map { Glibc.read(descriptor, $0 + count, room) } ?? 0
      }
      guard got >= 0 else { throw systemError }
      guard got > 0 else { break }
      count += got
    }
    return Array(bytes[..<count])
  }

  private static var systemError: Unreadable {
    let error = errno
    let text = strerror(error).map { String(cString: $0).lowercased() } ?? "unknown error"
    return Unreadable(description: text, isMissing: error == ENOENT)
  }

  private static func tooLong(_ limit: Int) -> Unreadable {
    Unreadable(description: "it is longer than \(limit / 1024) KiB", isMissing: false)
  }
}
