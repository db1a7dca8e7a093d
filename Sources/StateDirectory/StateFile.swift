internal import Glibc

/// System calls on one file of the state directory. They block.
enum StateFile {
  /// The whole content; nil where there is no such file.
  static func read(_ path: String, limit: Int) throws(StateFailure) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      throw StateFailure("read", path, errno: errno)
    }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var portion = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = portion.withUnsafeMutableBytes {
        Glibc.read(descriptor, $0.baseAddress, $0.count)
      }
      if count == 0 { return bytes }
      guard count > 0 else {
        if errno == EINTR { continue }
        throw StateFailure("read", path, errno: errno)
      }
      bytes += portion[..<count]
      guard bytes.count <= limit else {
        throw StateFailure("\(path) is longer than the limit of \(limit >> 20) MiB")
      }
    }
  }

  /// Writes a whole file: after a crash there is either the old content or the new one.
  static func replace(_ path: String, with bytes: [UInt8]) throws(StateFailure) {
    let draft = path + ".new"
    let descriptor = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw StateFailure("written", draft, errno: errno) }
    do throws(StateFailure) {
      defer { close(descriptor) }
      try write(bytes, to: descriptor, of: draft)
      guard fsync(descriptor) == 0 else { throw StateFailure("written", draft, errno: errno) }
    } catch {
      unlink(draft)
      throw error
    }
    guard rename(draft, path) == 0 else {
      let problem = errno
      unlink(draft)
      throw StateFailure("written", path, errno: problem)
    }
    synchronizeDirectory(of: path)
  }

  /// Everything, however many calls it takes.
  static func write(
    _ bytes: [UInt8], to descriptor: Int32, of path: String
  ) throws(StateFailure) {
    var problem: Int32 = 0
    bytes.withUnsafeBytes { buffer in
      var written = 0
      while written < buffer.count {
        let rest = UnsafeRawBufferPointer(rebasing: buffer[written...])
        let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
        if count >= 0 {
          written += count
        } else if errno != EINTR {
          problem = errno
          return
        }
      }
    }
    guard problem == 0 else { throw StateFailure("written", path, errno: problem) }
  }

  /// Without this the new name may be lost with the power. Some file systems refuse it.
  private static func synchronizeDirectory(of path: String) {
    let directory = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }
}
