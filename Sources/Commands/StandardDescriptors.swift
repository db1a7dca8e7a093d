internal import Glibc

/// Descriptors 0 to 2, which whoever starts the process may have closed.
///
/// The next file or socket would take such a number: the log would be written into a client's
/// connection, and libuv, which refuses to close 0 to 2, would abort at the end.
package enum StandardDescriptors {
  /// Opens /dev/null on those that are closed; where that cannot be had, the root directory, which
  /// takes the number as well, and from which neither reading nor writing succeeds. To be called
  /// before anything else is opened.
  package static func openMissing() {
    for descriptor in STDIN_FILENO...STDERR_FILENO
    where fcntl(descriptor, F_GETFD) < 0 && errno == EBADF {
      // The lowest free number is this one: all below it are open.
      if open("/dev/null", O_RDWR) < 0 { _ = open("/", O_RDONLY | O_DIRECTORY) }
    }
  }
}
