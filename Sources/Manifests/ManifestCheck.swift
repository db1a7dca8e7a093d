package import Scaling
package import Time

/// What `headstart check FILE…` finds.
package struct ManifestCheck: Equatable, Sendable {
  /// In the order of the arguments, then of the files, then by position.
  package var diagnostics: [Diagnostic]
  /// How many files were read, or should have been.
  package var fileCount: Int
  /// What the files without errors define.
  package var catalog: Catalog
  /// What policies leave out whose default was another one in 0.1.0: one line each.
  package var notes: [String]
  package var policyCount: Int { catalog.policies.count }
  package var dataSourceCount: Int { catalog.dataSources.count }
  package var calendarCount: Int { catalog.calendars.count }

  /// Checks files and directories as the server would read them together.
  ///
  /// The data sources that flags define, both named `default`, are taken for defined. Reads the
  /// files, and standard input for `-`; blocks until it has.
  ///
  /// - Parameters:
  ///   - paths: Files of any name, directories, or `-`. One that is given twice counts once.
  ///   - now: Dates that are over by then draw a warning.
  ///   - calendar: reads a calendar; nil for one that cannot be read here.
  ///   - trigger: looks at a trigger of a ScaledObject that asks Headstart.
  package init(
    paths: [String], defaults: PolicyDefaults, zones: any TimeZoneDatabase, now: Instant,
    calendar: (CalendarSource) -> CalendarContent? = { _ in nil },
    trigger: @escaping ScaledObjectTrigger.Problem = { _, _ in nil }
  ) {
    var sources = CheckedSources()
    var contents = paths.compactMap { sources.contents(of: $0) }
    let files = contents.flatMap(\.files)
    let maps = files.map { (path: $0.path, inner: ConfigMapContents(of: $0).files) }
    let inner = maps.flatMap(\.inner)
    if !inner.isEmpty {
      contents.append(DirectoryContents(path: "ConfigMaps", listing: .files(inner)))
    }
    var store = ManifestStore(
      defaults: defaults, zones: zones,
      assumed: Set(
        [DataSource.Kind.forecaster, .prometheus].map {
          DataSourceKey(kind: $0, name: ResourceName(name: "default"))
        }), auditBudget: 50 * ManifestStore.defaultAuditBudget, auditsCalendars: true)
    var update = store.update(contents, now: now)
    if !update.catalog.calendars.isEmpty {
      store.calendars = update.catalog.calendars.compactMapValues(calendar)
      update = store.update(contents, now: now)
    }
    let opened = Set(maps.filter { !$0.inner.isEmpty }.map(\.path))
    diagnostics = update.diagnostics.filter { !$0.isOfObjectRead(opened: opened) }
    let review = ScaledObjectReview(catalog: update.catalog, problem: trigger)
    for file in files { diagnostics += review.findings(in: file) }
    notes = OldDefaults.notes(of: store.leftOut)
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
      + (calendarCount == 0 ? "" : ", \(count(calendarCount, "calendar"))")
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

extension DirectoryContents {
  fileprivate var files: [FileContents] {
    if case .files(let files) = listing { files } else { [] }
  }
}

extension Diagnostic {
  /// Whether this says that an object is passed over which `check` reads in its own way.
  ///
  /// - Parameter opened: files with ConfigMaps whose manifests were read.
  fileprivate func isOfObjectRead(opened: Set<String>) -> Bool {
    severity == .warning
      && (message.hasPrefix("a ScaledObject (keda.sh/")
        || message.hasPrefix("a ConfigMap (v1)") && opened.contains(file))
  }
}

extension ScaledObjectReview {
  /// What is to be said of the ScaledObjects of one file.
  fileprivate func findings(in file: FileContents) -> [Diagnostic] {
    guard case .bytes(let bytes) = file.content else { return [] }
    let report = ManifestReport(file: file.path)
    for document in YAMLStream(bytes).documents {
      let object = ManifestValue(document: document, report: report)
      review(object)
      for item in object.listItems { review(item) }
    }
    return report.diagnostics
  }
}

extension ManifestValue {
  /// The items of a `List` of Kubernetes; none for anything else. Nothing is reported.
  fileprivate var listItems: [ManifestValue] {
    guard node.kind == .mapping, let entries = textMapping(),
      let items = entries.first(where: { $0.name == "items" })?.value,
      items.node.kind == .sequence
    else { return [] }
    return items.list() ?? []
  }
}
