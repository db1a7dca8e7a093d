internal import CProcess
internal import Configuration

/// The command line, as `main` gets it.
///
/// `CommandLine.arguments` comes from /proc/self/cmdline and is empty where that cannot be read: in
/// a chroot or a tight sandbox the server would run with its defaults, without TLS and token.
enum StartArguments {
  /// What stands after the program's name.
  ///
  /// - Throws: `UsageError` when there is not even a name. Since Linux 5.18 the kernel starts a
  ///   program without arguments with one empty string.
  static func read() throws(UsageError) -> [String] {
    let all = (0..<headstart_argument_count()).compactMap { index in
      headstart_argument(index).map { String(cString: $0) }
    }
    guard let name = all.first, all.count > 1 || !name.isEmpty else {
      throw UsageError(
        "the command line is empty, so flags may be lost; expected the program's name and its"
          + " arguments, as in: headstart serve --policies=DIR")
    }
    return Array(all.dropFirst())
  }
}
