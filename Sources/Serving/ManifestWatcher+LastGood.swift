internal import Manifests
internal import StateDirectory
internal import Telemetry
internal import Time

/// What was good of manifests and objects outlives the process (design, section 1, "Memory").
extension ManifestWatcher {
  /// Begins with what an earlier process knew: a file that is broken now is used with it, and so are
  /// objects that the API server does not list yet.
  func recall() {
    let known = Set(directories.map(\.path))
    let mine = restored.filter { $0.holdsObjects ? watchesCluster : known.contains($0.path) }
    forget(restored.filter { !mine.contains($0) }.flatMap { $0.files.map(\.path) })
    guard !mine.isEmpty else { return }
    // Findings follow with the first reading.
    _ = store.update(mine, now: WallClock.now())
  }

  /// What is known of objects before they are listed.
  var restoredObjects: [DirectoryContents] {
    watchesCluster ? restored.filter(\.holdsObjects) : []
  }

  /// Hands over what has become good, and what is gone.
  func keep(_ update: ManifestUpdate, of contents: [DirectoryContents]) {
    guard let keepFiles, !update.accepted.isEmpty || !update.gone.isEmpty else { return }
    var changes: [String: KeptFile?] = [:]
    for path in update.gone { changes.updateValue(nil, forKey: path) }
    for directory in contents {
      for file in directory.files where update.accepted.contains(file.path) {
        guard case .bytes(let bytes) = file.content else { continue }
        changes[file.path] = KeptFile(
          directory: directory.path, path: file.path, isObject: directory.holdsObjects,
          content: bytes)
      }
    }
    keepFiles(changes)
  }

  /// Uses what other replicas know of files that are broken here, and of directories that are empty.
  /// Before `handOn(after:)`.
  ///
  /// - Parameter found: what each of them has, the first that is good counts.
  func adopt(_ found: [[KeptFile]]) {
    let before = unknown
    for files in found where !unknown.isEmpty {
      let wanted = files.filter { unknown.contains($0.path) || unknown.contains($0.directory) }
      guard !wanted.isEmpty else { continue }
      let contents = directories.map { $0.read().contents.replacing(wanted) } + objects
      // It is good from now on, and the next reading meets a file that has become broken.
      let update = store.update(contents, now: WallClock.now())
      keep(update, of: contents)
      read(logLevel: .debug)
    }
    for path in before where !unknown.contains(path) {
      logger.warning(
        "a broken manifest is used as another replica last knew it", ["file": .string(path)])
    }
  }

  private func forget(_ paths: [String]) {
    guard let keepFiles, !paths.isEmpty else { return }
    keepFiles(Dictionary(paths.map { ($0, nil) }, uniquingKeysWith: { first, _ in first }))
  }
}

extension DirectoryContents {
  /// None for a directory that cannot be read.
  var files: [FileContents] {
    switch listing {
    case .files(let files): files
    case .unreadable: []
    }
  }

  var fileCount: Int { files.count }

  /// With other content for some of its files; with these files alone if it has none.
  func replacing(_ others: [KeptFile]) -> DirectoryContents {
    guard case .files(let files) = listing else { return self }
    var copy = self
    guard !files.isEmpty else {
      let restored = Self.restored(others.filter { $0.directory == path })
      return restored.first ?? self
    }
    let content = Dictionary(others.map { ($0.path, $0.content) }, uniquingKeysWith: { $1 })
    copy.listing = .files(
      files.map { file in
        content[file.path].map { FileContents(path: file.path, content: .bytes($0)) } ?? file
      })
    return copy
  }

  /// The files of each directory, as if they had just been read.
  static func restored(_ files: [KeptFile]) -> [DirectoryContents] {
    Dictionary(grouping: files, by: \.directory).sorted { $0.key < $1.key }.map { path, files in
      DirectoryContents(
        path: path,
        listing: .files(
          files.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
            .map { FileContents(path: $0.path, content: .bytes($0.content)) }),
        holdsObjects: files.contains(where: \.isObject))
    }
  }
}
