internal import Glibc

/// Keeps a second process off a state directory, for as long as this one runs: the kernel takes the
/// lock back however it ends.
package final class StateLock: Sendable {
  private let descriptor: Int32

  private init(descriptor: Int32) {
    self.descriptor = descriptor
  }

  deinit {
    close(descriptor)
  }

  /// Makes the directory if it is missing, and locks it.
  ///
  /// - Returns: nil where the directory cannot be locked, since it cannot be written or its file
  ///   system knows no locks; `problem` then says why.
  package static func take(
    directory: String, problem: inout StateFailure?
  ) throws(StateDirectoryInUse) -> StateLock? {
    mkdir(directory, 0o700)
    let path = "\(directory)/lock"
    var descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    let reason = errno
    // A lock needs no right to write.
    if descriptor < 0 { descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) }
    guard descriptor >= 0 else {
      problem = StateFailure("written", path, errno: reason)
      return nil
    }
    let lock = StateLock(descriptor: descriptor)
    guard flock(descriptor, LOCK_EX | LOCK_NB) != 0 else { return lock }
    if errno == EWOULDBLOCK { throw StateDirectoryInUse(path: directory) }
    problem = StateFailure("locked", path, errno: errno)
    return nil
  }
}
