package import Scaling

/// What `headstart check FILE…` finds.
package struct ManifestCheck: Equatable, Sendable {
  /// In the order of the arguments, then of the files, then by position.
  package var diagnostics: [Diagnostic]
  /// How many files were read, or should have been.
  package var fileCount: Int
  /// What the files without errors define.
  package var catalog: Catalog
  package var policyCount: Int { catalog.policies.count }
  package var dataSourceCount: Int { catalog.dataSources.count }

  /// Checks files and directories as the server would read them together.
  ///
  /// The data sources that flags define, both named `default`, are taken for defined. Reads the
  /// files, and standard input for `-`; blocks until it has.
  ///
  /// - Parameters:
  ///   - paths: Files of any name, directories, or `-`. One that is given twice counts once.
  ///   - now: Dates that are over by then draw a warning.
  package init(
    paths: [String], defaults: PolicyDefaults, zones: any TimeZoneDatabase, now: Instant
  ) {
    var sources = CheckedSources()
    let contents = paths.map { sources.contents(of: $0) }
    var store = ManifestStore(
      defaults: defaults, zones: zones,
      assumed: Set(
        DataSource.Kind.allCases.map {
          DataSourceKey(kind: $0, name: ResourceName(name: "default"))
        }), auditBudget: 50 * ManifestStore.defaultAuditBudget)
    let update = store.update(contents.compactMap(\.self), now: now)
    diagnostics = update.diagnostics
    fileCount = sources.fileCount
    catalog = update.catalog
  }

  /// With an error the exit code is 1.
  package var hasErrors: Bool {
    diagnostics.contains { $0.severity == .error }
  }

  /// The last line of the output: `2 files: 3 policies, 1 data source; 0 errors, 1 warning`.
  package var summary: String {
    let errors = diagnostics.count { $0.severity == .error }
    let objects =
      "\(count(policyCount, "policy", "policies")), \(count(dataSourceCount, "data source"))"
    let problems = "\(count(errors, "error")), \(count(diagnostics.count - errors, "warning"))"
    return "\(count(fileCount, "file")): \(objects); \(problems)"
  }

  private func count(_ number: Int, _ one: String, _ many: String? = nil) -> String {
    "\(number) \(number == 1 ? one : many ?? one + "s")"
  }
}

/// Reads the arguments of a check, each file once.
private struct CheckedSources {
  private(set) var fileCount = 0
  private var seen: Set<Identity> = []

  private enum Identity: Hashable {
    case standardInput
    case inode(UInt64, device: UInt64)
  }

  /// Nil when everything at the path has been read already.
  mutating func contents(of path: String) -> DirectoryContents? {
    guard path != "-" else {
      guard seen.insert(.standardInput).inserted else { return nil }
      return single("<stdin>", .readingStandardInput(limit: YAMLLimits.defaults.fileSize))
    }
    guard FileStamp(path: path)?.isDirectory == true else {
      guard isNew(path) else { return nil }
      return single(path, .reading(path: path, limit: YAMLLimits.defaults.fileSize))
    }
    var contents = ManifestDirectory(path: path).read().contents
    if case .files(let files) = contents.listing, !files.isEmpty {
      let new = files.filter { isNew($0.path) }
      fileCount += new.count
      guard !new.isEmpty else { return nil }
      contents.listing = .files(new)
    }
    return contents
  }

  private mutating func single(
    _ path: String, _ content: FileContents.Content
  ) -> DirectoryContents {
    fileCount += 1
    return DirectoryContents(
      path: path, listing: .files([FileContents(path: path, content: content)]))
  }

  private mutating func isNew(_ path: String) -> Bool {
    // What does not exist is reported every time that it is named.
    guard let stamp = FileStamp(path: path) else { return true }
    return seen.insert(.inode(stamp.inode, device: stamp.device)).inserted
  }
}

extension FileContents.Content {
  fileprivate static func readingStandardInput(limit: Int) -> FileContents.Content {
    do throws(FileReader.Failure) {
      return .bytes(try FileReader.readStandardInput(limit: limit))
    } catch {
      return .unreadable(error.message)
    }
  }
}
