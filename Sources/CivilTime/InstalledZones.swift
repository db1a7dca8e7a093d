private import Glibc

/// The time zone files on this machine.
enum InstalledZones {
  private static let root = getenv("TZDIR").map { String(cString: $0) } ?? "/usr/share/zoneinfo"

  /// Whether there is a file for a well-formed name, or it needs none.
  static func has(_ name: String) -> Bool {
    var status = stat()
    return name == "UTC"
      || stat("\(root)/\(name)", &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  /// Sorted. `UTC` is always among them, because it needs no file.
  static func names() -> [String] {
    var names: Set<String> = ["UTC"]
    collect(below: "", depth: 0, into: &names)
    return names.sorted()
  }

  /// Zones have three parts at most, as in `America/Argentina/Salta`; the limit also ends a circle
  /// of links.
  private static let maxDepth = 3

  private static func collect(
    below prefix: String, depth: Int, into names: inout Set<String>
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
        collect(below: "\(name)/", depth: depth + 1, into: &names)
      } else if ZoneName.isWellFormed(name) {
        names.insert(name)
      }
    }
  }
}
