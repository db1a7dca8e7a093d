internal import Glibc

/// What tells, without reading it, that a file is no longer the one it was: which inode it is, its
/// size, and when it was last written and changed.
struct FileStamp: Hashable, Sendable {
  let device: UInt64
  let inode: UInt64
  let size: Int64
  /// The times of the last change to the content and to the inode, since 1970.
  let written: Duration
  let changed: Duration
  let isRegular: Bool
  let isDirectory: Bool

  /// Follows symbolic links; nil when there is nothing at the path, or it may not be looked at.
  init?(path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    self.init(status)
  }

  init(_ status: stat) {
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    size = Int64(status.st_size)
    written = Duration(status.st_mtim)
    changed = Duration(status.st_ctim)
    isRegular = status.st_mode & S_IFMT == S_IFREG
    isDirectory = status.st_mode & S_IFMT == S_IFDIR
  }
}
