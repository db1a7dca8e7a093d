package import Scaling
package import Time

/// Keeps the catalogue of everything that directories of manifests define, over all their changes.
///
/// It reads no file itself: it is given what the directories hold (`ManifestDirectory` reads that)
/// and decodes only the files whose bytes have changed. All or nothing per file: a file that is
/// broken, clashes with another or names an unknown data source keeps its last good content, or
/// none, and is reported (design section 4). The objects of a deleted file go; a directory that
/// cannot be read keeps its files.
package struct ManifestStore: Sendable {
  /// Everything that is in force.
  package private(set) var catalog: Catalog
  private var directories: [KeptDirectory] = []
  private let defaults: PolicyDefaults
  private let zones: any TimeZoneDatabase
  private let builtIn: [DataSource]
  private let assumed: Set<DataSourceKey>
  private let foreignTargets: ForeignTargets
  private let auditBudget: Int
  private let auditsCalendars: Bool
  /// What is known of the calendars, by their names; for the next reading. One that has not been asked
  /// for is not in it.
  package var calendars: [ResourceName: CalendarContent] = [:]

  /// How many windows of schedules are looked at for contradictions in one reading: about four
  /// seconds' worth, which 2,000 policies of ten rules each take.
  package static let defaultAuditBudget = 8_000_000

  /// - Parameters:
  ///   - defaults: For fields that policies leave out.
  ///   - zones: Where time zones are looked up.
  ///   - builtIn: The data sources that flags define. No file can define them again.
  ///   - assumed: Data sources that are taken for defined when a policy names them, though nothing
  ///     is known of them; for checking files without the flags that they will be used with.
  ///   - foreignTargets: Which objects of the cluster may scale workloads of other namespaces.
  ///   - auditBudget: How many windows of schedules are looked at for contradictions in one reading.
  ///     Beyond it schedules draw no warnings; errors are always found.
  ///   - auditsCalendars: Whether rules that name calendars are looked at once more with what those
  ///     say. For checking files: a server reads calendars again and again.
  package init(
    defaults: PolicyDefaults, zones: any TimeZoneDatabase, builtIn: [DataSource] = [],
    assumed: Set<DataSourceKey> = [], foreignTargets: ForeignTargets = .all,
    auditBudget: Int = ManifestStore.defaultAuditBudget, auditsCalendars: Bool = false
  ) {
    self.defaults = defaults
    self.zones = zones
    self.builtIn = builtIn
    self.assumed = assumed
    self.foreignTargets = foreignTargets
    self.auditBudget = auditBudget
    self.auditsCalendars = auditsCalendars
    catalog = Catalog(
      dataSources: Dictionary(builtIn.map { ($0.key, $0) }) { first, _ in first })
  }

  /// Takes what the directories hold now, in order of precedence: of two objects with one name the
  /// first stays, by the order of the directories and then of the file names. A directory that is
  /// not among them any more is forgotten.
  ///
  /// - Parameter now: Dates that are over by then draw a warning.
  package mutating func update(
    _ contents: [DirectoryContents], now: Instant
  ) -> ManifestUpdate {
    var decoder = ManifestDecoder(
      defaults: defaults, zones: zones, now: now, auditBudget: auditBudget)
    decoder.foreignTargets = foreignTargets
    var known: Set<String> = []
    let before = directories
    directories = contents.filter { known.insert($0.path).inserted }.map { next in
      let previous = directories.first { $0.path == next.path }
      return KeptDirectory(next, previous: previous, decoder: decoder)
    }
    var resolution = ManifestResolution(
      files: directories.flatMap(\.files), builtIn: builtIn, assumed: assumed,
      calendars: calendars)
    if auditsCalendars { resolution.audit = (decoder.audits, now) }
    resolution.resolve()
    var next = resolution.catalog
    next.broken = broken(resolution)
    next.emptyFiles = directories.reduce(0) { $0 + $1.files.count { $0.isUnwritten } }
    next.heldBack = resolution.heldErrors
    let changed = next != catalog
    catalog = next
    let accepted = keepGoodContent(of: resolution)
    var result = ManifestUpdate(
      catalog: catalog, hasChanged: changed,
      diagnostics: directories.flatMap(\.diagnostics) + resolution.diagnostics,
      heldFiles: resolution.heldFiles)
    result.accepted = accepted
    result.unknown = directories.filter { !$0.holdsObjects }.flatMap { directory in
      directory.files.isEmpty
        ? [directory.path] : directory.files.filter { $0.lastGood == nil }.map(\.path)
    }
    result.gone =
      directories.flatMap(\.gone)
      + before.filter { !known.contains($0.path) }.flatMap { $0.files.map(\.path) }
    return result
  }

  /// What the policies of good files leave out whose default was another one in 0.1.0.
  package var leftOut: [(name: ResourceName, leftOut: OldDefaults)] {
    directories.flatMap(\.files).flatMap { $0.lastGood ?? [] }.compactMap { object in
      guard case .policy(let policy) = object.content, !object.leftOut.isEmpty else { return nil }
      return (policy.value.name, object.leftOut)
    }
  }

  /// The first error of each file, and of each directory, of which nothing is in force.
  private func broken(_ resolution: ManifestResolution) -> [String] {
    var found: [Diagnostic?] = []
    var index = 0
    for directory in directories where !directory.holdsObjects || !directory.files.isEmpty {
      if directory.files.isEmpty {
        found.append(directory.diagnostics.first { $0.severity == .error })
      }
      for file in directory.files {
        if !directory.holdsObjects, file.lastGood == nil {
          found.append(resolution.error(ofFile: index))
        }
        index += 1
      }
    }
    return found.compactMap { $0?.description }
  }

  /// What a file is used with today is its last good content tomorrow.
  ///
  /// - Returns: the paths of those for which that is another content.
  private mutating func keepGoodContent(of resolution: ManifestResolution) -> Set<String> {
    var accepted: Set<String> = []
    var index = 0
    for directory in directories.indices {
      for file in directories[directory].files.indices {
        if resolution.isAccepted(file: index),
          directories[directory].files[file].acceptCurrent()
        {
          accepted.insert(directories[directory].files[file].path)
        }
        index += 1
      }
    }
    return accepted
  }
}
