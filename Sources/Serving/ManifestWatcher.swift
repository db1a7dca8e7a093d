internal import CivilTime
internal import DataSources
internal import EventLoop
internal import Kubernetes
internal import Manifests
internal import Scaling
internal import SidePort
internal import StateDirectory
internal import Telemetry
internal import Time

/// Reads the manifest directories and the cluster's custom resources, watches them, and hands on
/// every new catalog.
///
/// Lives on a loop of its own: decoding a hundred thousand manifests takes seconds, in which the control
/// loop has decisions to make.
actor ManifestWatcher {
  nonisolated let loop: EventLoop
  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  let directories: [ManifestDirectory]
  let logger: Logger
  let metrics: HeadstartMetrics
  let zones: any TimeZoneDatabase
  private let onCatalog: @Sendable (Catalog) -> Void
  var store: ManifestStore
  private var fingerprints: [ManifestDirectory.Fingerprint] = []
  private var reported: Set<Diagnostic> = []
  private var watchers: [DirectoryWatcher?] = []
  private var settleTimer: LoopTimer?
  private var pollTimer: LoopTimer?
  private var trimTimer: LoopTimer?
  private var resources: ResourceSource?
  private var resourceTimer: LoopTimer?
  /// Whether what was read last held everything that the API server has listed. The lists may be
  /// whole for a moment before they are read.
  private var hasReadWholeLists = false
  /// Takes what files and objects are good with; nil where nothing is kept.
  let keepFiles: (@Sendable ([String: KeptFile?]) -> Void)?
  /// What an earlier process knew of the directories, and of the cluster's objects.
  let restored: [DirectoryContents]
  let watchesCluster: Bool
  private let findings: FindingsBoard
  /// Nil while no manifest defines one.
  var calendars: CalendarDesk?
  /// What was last read of calendars that come over the network, by where they come from.
  var keptCalendars: [String: [UInt8]]
  private var onReviews: @Sendable ([ObjectReview], [ObjectID]) -> Void = { _, _ in }
  /// The paths of manifest files that are broken and of directories that are empty, of which nothing
  /// good is known.
  private(set) var unknown: [String] = []
  /// How long the last reading took, so that readings leave the loop time for the watches.
  private var readingTime = Duration.zero
  /// The catalog that was handed on last; nil until somebody takes them.
  private var handedOn: Catalog?

  /// When the first event of the present burst came, by the loop's clock.
  private var burstStart: UInt64 = 0

  /// A change comes as a burst of events, and is complete a moment after the last one.
  private static let settleDelay = Duration.milliseconds(100)
  /// Whoever writes without end is read in between.
  private static let longestBurst = Duration.seconds(5)
  /// By then the engine has taken the catalog over, and what that needed is free as well.
  private static let trimDelay = Duration.seconds(2)
  /// For file systems that send no events.
  private static let pollInterval = Duration.seconds(5)

  /// - Parameters:
  ///   - findings: is shown every finding.
  ///   - onCatalog: called on this loop with every catalog after the one that
  ///     `handOn(after:)` names.
  init(
    loop: EventLoop, configuration: ManifestWatcherConfiguration, logger: Logger,
    metrics: HeadstartMetrics, findings: FindingsBoard,
    onCatalog: @escaping @Sendable (Catalog) -> Void
  ) {
    self.loop = loop
    self.findings = findings
    keepFiles = configuration.keepFiles
    keptCalendars = Dictionary(
      configuration.calendars.map { ($0.path, $0.content) }, uniquingKeysWith: { $1 })
    zones = configuration.zones
    watchesCluster = configuration.watchesCluster
    restored = DirectoryContents.restored(configuration.restored)
    directories = configuration.directories.map { ManifestDirectory(path: $0) }
    store = ManifestStore(
      defaults: configuration.defaults, zones: configuration.zones,
      builtIn: configuration.dataSources, foreignTargets: configuration.foreignTargets)
    self.logger = logger
    self.metrics = metrics
    self.onCatalog = onCatalog
  }

  /// Reads everything for the first time, and begins to watch.
  ///
  /// Until then no one serves; from then on a reload leaves the processors to those who do.
  func start() throws(EventLoopError) -> Catalog {
    recall()
    read()
    loop.yieldToOthers()
    let settleTimer = try LoopTimer(on: loop) { [unowned self] in
      self.assumeIsolated { $0.lookAgain() }
    }
    let pollTimer = try LoopTimer(on: loop) { [unowned self] in
      self.assumeIsolated { $0.poll() }
    }
    let trimTimer = try LoopTimer(on: loop) { RarePages.giveBack() }
    trimTimer.start(after: Self.trimDelay)
    self.trimTimer = trimTimer
    self.settleTimer = settleTimer
    self.pollTimer = pollTimer
    watchers = directories.map { _ in nil }
    guard !directories.isEmpty else { return catalog }
    watchDirectories()
    pollTimer.start(after: Self.pollInterval, repeating: Self.pollInterval)
    return catalog
  }

  func shutDown() {
    settleTimer = nil
    pollTimer = nil
    resourceTimer = nil
    trimTimer = nil
    watchers = []
    resources?.shutDown()
    resources = nil
    calendars?.shutDown()
    calendars = nil
  }

  /// Everything that is in force. While the cluster's objects were never listed and nothing of them is
  /// known, that is said, so that no policy is implied in the place of one of them.
  var catalog: Catalog {
    var catalog = store.catalog
    if let unlisted { catalog.broken.append(unlisted.message) }
    return catalog
  }

  private var unlisted: Diagnostic? {
    guard watchesCluster, !hasReadWholeLists, !restored.contains(where: \.holdsObjects)
    else { return nil }
    return Diagnostic(
      severity: .error, file: "custom resources",
      message: "the API server has not listed the custom resources yet")
  }

  /// Begins to hand on catalogs, with the present one if it is not `catalog` any more.
  func handOn(after catalog: Catalog) {
    handedOn = catalog
    handOnCatalog()
  }

  /// Whether catalogs are handed on: everything has been read by then.
  var handsOn: Bool { handedOn != nil }

  private func handOnCatalog() {
    let catalog = catalog
    guard let handedOn, catalog != handedOn else { return }
    self.handedOn = catalog
    onCatalog(catalog)
  }

  // MARK: Custom resources

  /// The API server answers again; see `Reflector`.
  func serverReturned(_ awaySince: Duration) {
    resources?.serverReturned(awaySince)
  }

  /// Begins to watch custom resources as well.
  ///
  /// - Parameters:
  ///   - makeSource: is given what was known of the objects, what the source calls when something has
  ///     changed, and when only a status has.
  ///   - onReviews: called on this loop with what has become of them.
  func watchResources(
    makeSource: (
      _ restored: [DirectoryContents], _ onChange: @escaping () -> Void,
      _ onStatus: @escaping (ObjectReview) -> Void
    ) throws -> ResourceSource,
    onReviews: @escaping @Sendable ([ObjectReview], [ObjectID]) -> Void
  ) throws {
    self.onReviews = onReviews
    resourceTimer = try LoopTimer(on: loop) { [unowned self] in
      self.assumeIsolated { $0.readAgain() }
    }
    let source = try makeSource(
      restoredObjects, { [unowned self] in self.assumeIsolated { $0.resourcesChanged() } },
      { onReviews([$0], []) })
    resources = source
    source.start()
  }

  /// Changes that come one after the other are read together, but not put off without end.
  private func resourcesChanged() {
    guard resourceTimer?.isActive == false else { return }
    resourceTimer?.start(after: max(Self.settleDelay, readingTime))
  }

  func readAgain() {
    read(logLevel: .debug)
    handOnCatalog()
  }

  /// A directory that vanished and came back needs a new watch: libuv's follows the old one.
  private func watchDirectories() {
    for (index, directory) in directories.enumerated() {
      watchers[index] = try? DirectoryWatcher(on: loop, path: directory.path) { [unowned self] in
        self.assumeIsolated { $0.filesChanged() }
      }
    }
  }

  private func filesChanged() {
    let now = EventLoop.clock
    if settleTimer?.isActive == false { burstStart = now }
    guard .nanoseconds(Int64(clamping: now - burstStart)) < Self.longestBurst else { return }
    settleTimer?.start(after: Self.settleDelay)
  }

  /// A difference may be a file that is being written this very moment: it is read like one that an
  /// event told of, a moment later.
  private func poll() {
    guard settleTimer?.isActive == false, haveFilesChanged else { return }
    filesChanged()
  }

  private var haveFilesChanged: Bool {
    directories.map { $0.fingerprint() } != fingerprints
  }

  private func lookAgain() {
    guard haveFilesChanged else { return }
    read()
    watchDirectories()
    handOnCatalog()
  }

  /// Reads everything now, whether it looks changed or not.
  func reload() -> ReloadReport {
    let update = read()
    // Before the start and after the end there is nothing to watch.
    if !watchers.isEmpty { watchDirectories() }
    handOnCatalog()
    let errors = update.diagnostics.count { $0.severity == .error }
    return ReloadReport(
      policies: update.catalog.policies.count,
      problems: errors == 0
        ? [] : ["errors in the manifests: \(errors); the log and headstart check list them"])
  }

  /// Of the cluster. Files come first: of two objects with one name, theirs stays.
  var objects: [DirectoryContents] { resources?.contents ?? restoredObjects }

  /// - Parameter logLevel: of the line that sums the reading up: custom resources change often.
  @discardableResult
  func read(logLevel: LogLevel = .info) -> ManifestUpdate {
    let start = EventLoop.clock
    let results = directories.map { $0.read() }
    fingerprints = results.map(\.fingerprint)
    let contents = results.map(\.contents) + objects
    hasReadWholeLists = resources?.isSynced == true
    var update = update(with: contents)
    unknown = update.unknown
    keep(update, of: contents)
    if let resources { withoutPositions(&update.diagnostics, of: resources) }
    if let unlisted { update.diagnostics.append(unlisted) }
    let files = results.map(\.contents.fileCount).reduce(0, +)
    report(update, files: files + (resources?.count ?? 0), logLevel)
    if let (changed, removed) = resources?.reviews(of: update),
      !changed.isEmpty || !removed.isEmpty
    {
      onReviews(changed, removed)
    }
    readingTime = .nanoseconds(Int64(clamping: EventLoop.clock - start))
    trimTimer?.start(after: Self.trimDelay)
    return update
  }

  private func withoutPositions(_ diagnostics: inout [Diagnostic], of resources: ResourceSource) {
    for index in diagnostics.indices where resources.isResource(diagnostics[index].file) {
      diagnostics[index].position = nil
    }
  }

  /// Logs what is new among the findings; a file that stays broken is not reported at every look.
  private func report(_ update: ManifestUpdate, files: Int, _ level: LogLevel) {
    let current = Set(update.diagnostics)
    for diagnostic in update.diagnostics where !reported.contains(diagnostic) {
      logger.log(
        diagnostic.severity == .error ? .error : .warning, "manifest",
        ["finding": .describing(diagnostic)])
    }
    for diagnostic in reported.subtracting(current) where diagnostic.severity == .error {
      logger.info("manifest fixed", ["was": .describing(diagnostic)])
    }
    reported = current
    findings.show(update)
    let errors = update.diagnostics.count { $0.severity == .error }
    let broken = Set(update.diagnostics.filter { $0.severity == .error }.map(\.file)).count
    metrics.manifestErrors.set(errors)
    metrics.manifestFindings.with(["error"]).set(errors)
    metrics.manifestFindings.with(["warning"]).set(update.diagnostics.count - errors)
    metrics.manifestFiles.with(["broken"]).set(broken)
    metrics.manifestFiles.with(["loaded"]).set(max(files - broken, 0))
    metrics.manifestReloads.with([errors == 0 ? "success" : "failure"]).increment()
    logger.log(
      level, "manifests read",
      [
        "policies": .int(update.catalog.policies.count),
        "data_sources": .int(update.catalog.dataSources.count), "files": .int(files),
        "resources": .int(resources?.count ?? 0), "errors": .int(errors),
        "held_files": .int(update.heldFiles.count),
      ])
  }
}
