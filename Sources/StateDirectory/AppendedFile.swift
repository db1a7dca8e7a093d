internal import Glibc

/// One file of the state directory that is replaced as a whole, and then added to.
///
/// Its calls block; it belongs to one thread.
final class AppendedFile {
  let path: String
  /// In bytes, since it was replaced.
  private(set) var size = 0
  /// Its end; nil before it is replaced, and after a failure.
  private var descriptor: Int32?

  init(path: String) {
    self.path = path
  }

  deinit {
    closeDescriptor()
  }

  /// Whether something can be added. Lines would go into nowhere after the file has been deleted.
  var isAppendable: Bool {
    guard let descriptor else { return false }
    var status = stat()
    return fstat(descriptor, &status) == 0 && status.st_nlink > 0
  }

  /// Writes the whole file. Afterwards it survives the end of the process, and the machine's.
  func replace(with bytes: [UInt8]) throws(StateFailure) {
    closeDescriptor()
    try StateFile.replace(path, with: bytes)
    let descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { throw StateFailure("written", path, errno: errno) }
    self.descriptor = descriptor
    size = bytes.count
  }

  /// Adds to the end. After a failure it is not known what has arrived, and the file has to be
  /// replaced.
  ///
  /// - Parameter survivesPowerLoss: Whether to wait for the disk.
  /// - Precondition: `isAppendable`; otherwise nothing happens.
  func append(_ bytes: [UInt8], survivesPowerLoss: Bool) throws(StateFailure) {
    guard let descriptor else { return }
    do throws(StateFailure) {
      try StateFile.write(bytes, to: descriptor, of: path)
      if survivesPowerLoss, fdatasync(descriptor) != 0 {
        throw StateFailure("written", path, errno: errno)
      }
      size += bytes.count
    } catch {
      closeDescriptor()
      throw error
    }
  }

  private func closeDescriptor() {
    if let descriptor { close(descriptor) }
    descriptor = nil
  }
}
