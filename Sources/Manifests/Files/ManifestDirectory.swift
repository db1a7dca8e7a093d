private import Glibc

/// Reads a directory of manifests: the `*.yaml`, `*.yml` and `*.json` files in it, not those in
/// directories below it.
///
/// Other files and directories are passed over with a warning, and names that begin with a dot without
/// one, which leaves out what Kubernetes keeps beside the files of a mounted ConfigMap (`..data`,
/// `..2026_11_27_…`); the files themselves are symbolic links, and are followed. Blocks for as long as
/// the file system does.
package struct ManifestDirectory: Hashable, Sendable {
  /// As it was named to Headstart.
  package let path: String

  package init(path: String) {
    self.path = path
  }

  /// Changes whenever the files may have: two that are equal mean that nothing needs to be read.
  package struct Fingerprint: Hashable, Sendable {
    /// The directory, and the `..data` link of a mounted ConfigMap, followed; nil when missing.
    fileprivate var places: [FileStamp?]
    fileprivate var files: [String: FileStamp?]
    /// Those that are no manifests by their names; of directories with a slash at the end.
    fileprivate var others: Set<String>
  }

  /// Looks at every file without opening it.
  package func fingerprint() -> Fingerprint {
    let names = (try? fileNames()) ?? []
    var files: [String: FileStamp?] = [:]
    var others: Set<String> = []
    for name in names {
      let stamp = FileStamp(path: path(of: name))
      if stamp?.isDirectory == true {
        // What every new file system has.
        if name != "lost+found" { others.insert(name + "/") }
      } else if Self.isManifest(name) {
        files[name] = .some(stamp)
      } else if stamp != nil {
        others.insert(name)
      }
    }
    return Fingerprint(
      places: [FileStamp(path: path), FileStamp(path: path(of: "..data"))], files: files,
      others: others)
  }

  /// Reads every file.
  ///
  /// While files are being exchanged, some would be of the old set and some of the new; the
  /// directory is then read again. The fingerprint belongs to the moment before the reading: what
  /// changes later shows as a difference to it.
  package func read() -> (contents: DirectoryContents, fingerprint: Fingerprint) {
    var fingerprint = fingerprint()
    for _ in 0..<ManifestDirectory.attempts {
      let contents = readOnce(fingerprint)
      let after = self.fingerprint()
      if after == fingerprint { return (contents, fingerprint) }
      fingerprint = after
    }
    return (readOnce(fingerprint), fingerprint)
  }

  /// More often than this the files are not exchanged while they are read, unless somebody writes
  /// to them all the time.
  private static let attempts = 3

  /// - Parameter fingerprint: What is known of the files.
  private func readOnce(_ fingerprint: Fingerprint) -> DirectoryContents {
    let limit = YAMLLimits.defaults.fileSize
    do throws(FileReader.Failure) {
      // Directories that are named like a manifest are no manifests.
      let names = try fileNames().filter(Self.isManifest)
        .filter { !fingerprint.others.contains($0 + "/") }
        .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
      let files = names.map { name in
        let path = path(of: name)
        return FileContents(path: path, content: .reading(path: path, limit: limit))
      }
      return DirectoryContents(
        path: path, listing: .files(files), passedOver: fingerprint.others.sorted().map(path(of:)))
    } catch {
      return DirectoryContents(path: path, listing: .unreadable(error.message))
    }
  }

  private func path(of name: String) -> String {
    path.hasSuffix("/") ? path + name : "\(path)/\(name)"
  }

  /// The names of all files but hidden ones, in no order.
  private func fileNames() throws(FileReader.Failure) -> [String] {
    guard let directory = opendir(path) else {
      throw FileReader.Failure("the directory cannot be read", errno: errno)
    }
    defer { closedir(directory) }
    var names: [String] = []
    while true {
      errno = 0
      guard let entry = readdir(directory) else {
        // Nil without an error is the end.
        guard errno == 0 else {
          throw FileReader.Failure("the directory cannot be read", errno: errno)
        }
        return names
      }
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
  }

  private static func isManifest(_ name: String) -> Bool {
    [".yaml", ".yml", ".json"].contains { name.hasSuffix($0) }
  }
}

extension FileContents.Content {
  /// The content of a file as it is now.
  static func reading(path: String, limit: Int) -> FileContents.Content {
    do throws(FileReader.Failure) {
      return .bytes(try FileReader.read(path: path, limit: limit))
    } catch {
      return .unreadable(error.message)
    }
  }
}
