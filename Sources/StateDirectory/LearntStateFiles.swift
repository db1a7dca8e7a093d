internal import Glibc

/// The learnt states of forecasts below the state directory, a file each. Calls block.
package struct LearntStateFiles: Sendable {
  private let directory: String

  /// The state of one forecast takes under 200 KB with the shortest steps.
  private static let limit = 4 << 20
  /// A file that nothing has been written into for so long belongs to no forecast any more.
  private static let mostDays = 60

  /// - Parameter directory: the state directory, which is there.
  package init(directory: String) {
    self.directory = directory + "/forecasts"
  }

  /// Makes the directory, and removes what is no longer used.
  package func open() throws(StateFailure) {
    guard mkdir(directory, 0o700) == 0 || errno == EEXIST else {
      throw StateFailure("made", directory, errno: errno)
    }
    guard let entries = opendir(directory) else { return }
    defer { closedir(entries) }
    let oldest = time(nil) - Self.mostDays * 86_400
    while let entry = readdir(entries) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard name.hasSuffix(".state") else { continue }
      var status = stat()
      let path = "\(directory)/\(name)"
      if stat(path, &status) == 0, status.st_mtim.tv_sec < oldest { unlink(path) }
    }
  }

  /// Nil where nothing was kept.
  package func read(_ fingerprint: UInt64) throws(StateFailure) -> [UInt8]? {
    try StateFile.read(path(fingerprint), limit: Self.limit)
  }

  package func write(_ fingerprint: UInt64, _ state: [UInt8]) throws(StateFailure) {
    try StateFile.replace(path(fingerprint), with: state)
  }

  private func path(_ fingerprint: UInt64) -> String {
    let digits = String(fingerprint, radix: 16)
    return "\(directory)/\(String(repeating: "0", count: 16 - digits.count))\(digits).state"
  }
}
