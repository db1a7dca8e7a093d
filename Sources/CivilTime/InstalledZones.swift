private import FoundationEssentials

/// The names of the time zone files on this machine.
enum InstalledZones {
  /// Sorted. `UTC` is always among them, because it needs no file.
  static func names() -> [String] {
    let directory = ProcessInfo.processInfo.environment["TZDIR"] ?? "/usr/share/zoneinfo"
    let paths = (try? FileManager.default.subpathsOfDirectory(atPath: directory)) ?? []
    // A path that others begin with is a directory.
    let directories = Set(paths.compactMap(parent))
    var names = Set(paths.filter { ZoneName.isWellFormed($0) && !directories.contains($0) })
    names.insert("UTC")
    return names.sorted()
  }

  private static func parent(of path: String) -> String? {
    path.lastIndex(of: "/").map { String(path[..<$0]) }
  }
}
