private import Glibc

/// Reads whole files through system calls, and no more of them than a limit.
package enum FileReader {
  /// Why a file could not be read: one sentence.
  package struct Failure: Error, Hashable {
    package var message: String

    /// - Parameter number: The value of `errno`.
    init(_ action: String, errno number: Int32) {
      message = "\(action): \(String(cString: strerror(number)))"
    }

    init(_ message: String) {
      self.message = message
    }
  }

  /// The content of a regular file, symbolic links followed. Never waits for a pipe, and opens no
  /// device for longer than it takes to see that it is one.
  package static func read(path: String, limit: Int) throws(Failure) -> [UInt8] {
    // A path with a NUL would be cut off at it.
    guard !path.utf8.contains(0) else { throw Failure("cannot be opened: its name holds U+0000") }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else { throw Failure("cannot be opened", errno: errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw Failure("cannot be read", errno: errno) }
    let stamp = FileStamp(status)
    guard stamp.isRegular else {
      throw Failure(stamp.isDirectory ? "is a directory, not a file" : "is not a regular file")
    }
    guard stamp.size <= limit else {
      throw Failure(SourceText.tooLarge(Int(stamp.size), limit: limit))
    }
    return try read(descriptor, expecting: Int(stamp.size), limit: limit)
  }

  /// Everything from standard input, up to the limit.
  package static func readStandardInput(limit: Int) throws(Failure) -> [UInt8] {
    try read(STDIN_FILENO, expecting: 0, limit: limit)
  }

  /// - Parameter expecting: The likely size; the file may have grown or shrunk since.
  private static func read(
    _ descriptor: Int32, expecting: Int, limit: Int
  ) throws(Failure) -> [UInt8] {
    // A byte more than expected, so that the end shows at once, and no room beyond that: of a hundred
    // thousand files it would be half a gigabyte. Files of /proc and pipes tell no size.
    let size = expecting > 0 ? expecting + 1 : 4096
    var (bytes, isWhole) = try portion(of: descriptor, atMost: size)
    while !isWhole, bytes.count <= limit {
      let next = try portion(of: descriptor, atMost: 1 << 16)
      bytes += next.bytes
      isWhole = next.isLast
    }
    guard bytes.count <= limit else {
      throw Failure("the content is longer than the limit of \(limit) bytes (\(limit >> 20) MiB)")
    }
    return bytes
  }

  /// The next bytes, so many unless the end comes first.
  private static func portion(
    of descriptor: Int32, atMost capacity: Int
  ) throws(Failure) -> (bytes: [UInt8], isLast: Bool) {
    var problem: Int32 = 0
    var isLast = false
    let bytes = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, filled in
      while filled < capacity, !isLast {
        let rest = UnsafeMutableRawBufferPointer(
          rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...])
        let count = Glibc.read(descriptor, rest.baseAddress, rest.count)
        if count > 0 {
          filled += count
        } else if count == 0 {
          isLast = true
        } else if errno != EINTR {
          problem = errno
          return
        }
      }
    }
    guard problem == 0 else { throw Failure("cannot be read", errno: problem) }
    return (bytes, isLast)
  }
}
