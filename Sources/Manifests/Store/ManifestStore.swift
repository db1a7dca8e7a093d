package import Scaling

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
  private let auditBudget: Int

  /// How many windows of schedules are looked at for contradictions in one reading: about four
  /// seconds' worth, which 2,000 policies of ten rules each take.
  package static let defaultAuditBudget = 8_000_000

  /// - Parameters:
  ///   - defaults: For fields that policies leave out.
  ///   - zones: Where time zones are looked up.
  ///   - builtIn: The data sources that flags define. No file can define them again.
  ///   - assumed: Data sources that are taken for defined when a policy names them, though nothing
  ///     is known of them; for checking files without the flags that they will be used with.
  ///   - auditBudget: How many windows of schedules are looked at for contradictions in one reading.
  ///     Beyond it schedules draw no warnings; errors are always found.
  package init(
    defaults: PolicyDefaults, zones: any TimeZoneDatabase, builtIn: [DataSource] = [],
    assumed: Set<DataSourceKey> = [], auditBudget: Int = ManifestStore.defaultAuditBudget
  ) {
    self.defaults = defaults
    self.zones = zones
    self.builtIn = builtIn
    self.assumed = assumed
    self.auditBudget = auditBudget
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
    let decoder = ManifestDecoder(
      defaults: defaults, zones: zones, now: now, auditBudget: auditBudget)
    var known: Set<String> = []
    directories = contents.filter { known.insert($0.path).inserted }.map { next in
      let previous = directories.first { $0.path == next.path }
      return KeptDirectory(next, previous: previous, decoder: decoder)
    }
    var resolution = ManifestResolution(
      files: directories.flatMap(\.files), builtIn: builtIn, assumed: assumed)
    resolution.resolve()
    let changed = resolution.catalog != catalog
    catalog = resolution.catalog
    keepGoodContent(of: resolution)
    return ManifestUpdate(
      catalog: catalog, hasChanged: changed,
      diagnostics: directories.flatMap(\.diagnostics) + resolution.diagnostics,
      heldFiles: resolution.heldFiles)
  }

  /// What a file is used with today is its last good content tomorrow.
  private mutating func keepGoodContent(of resolution: ManifestResolution) {
    var index = 0
    for directory in directories.indices {
      for file in directories[directory].files.indices {
        if resolution.isAccepted(file: index) { directories[directory].files[file].acceptCurrent() }
        index += 1
      }
    }
  }
}
