private import Glibc

/// The names of the time zone files on this machine.
enum InstalledZones {
  /// Sorted. `UTC` is always among them, because it needs no file.
  static func names() -> [String] {
    let root = getenv("TZDIR").map { String(cString: $0) } ?? "/usr/share/zoneinfo"
    var names: Set<String> = ["UTC"]
    collect(in: root, below: "", depth: 0, into: &names)
    return names.sorted()
  }

  /// Zones have three parts at most, as in `America/Argentina/Salta`; the limit also ends a circle
  /// of links.
  private static let maxDepth = 3

  private static func collect(
    in root: String, below prefix: String, depth: Int, into names: inout Set<String>
  ) {
    guard depth < maxDepth, let directory = opendir("\(root)/\(prefix)") else { return }
    defer { closedir(directory) }
    while let entry = readdir(directory) {
      let file = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard !file.hasPrefix(".") else { continue }
      let name = prefix + file
      var status = stat()
      guard stat("\(root)/\(name)", &status) == 0 else { continue }
      if status.st_mode & S_IFMT == S_IFDIR {
        collect(in: root, below: "\(name)/", depth: depth + 1, into: &names)
      } else if ZoneName.isWellFormed(name) {
        names.insert(name)
      }
    }
  }
}
