package import EventLoop
package import Scaling
package import Telemetry
internal import Time

/// Keeps in the state directory what it is given, on a loop of its own: no other loop ever waits for
/// a disk.
///
/// A disk that is full or cannot be written costs a warning, a count and nothing else: the next
/// batch tries again, with everything.
package actor StateKeeper {
  package nonisolated let loop: EventLoop
  package nonisolated var unownedExecutor: UnownedSerialExecutor {
    loop.asUnownedSerialExecutor()
  }

  private let journal: MemoryJournal
  private let files: FileJournal
  private let overrides: OverrideFile
  private let logger: Logger
  private let failures: Counter
  private var pending: MemoryChanges?
  /// By path; nil for a file that is gone.
  private var pendingFiles: [String: KeptFile?] = [:]
  /// All of them; nil for nothing to write.
  private var pendingOverrides: [Override]?
  private var timer: LoopTimer?
  private var fileTimer: LoopTimer?
  private var warnings = LogLimiter<Instant>(interval: .seconds(600))
  private var isFailing = false
  /// Of the last changes.
  private var lastTime = Instant.distantPast

  /// What comes one after the other is written together. A rise is on the disk within a second.
  private static let gatheringTime = Duration.milliseconds(100)
  /// Files come in heaps, and are in no hurry.
  private static let fileGatheringTime = Duration.seconds(1)

  /// - Parameters:
  ///   - journal: not used elsewhere from now on.
  ///   - files: not used elsewhere from now on.
  ///   - overrides: not used elsewhere from now on.
  ///   - failures: counts what could not be written.
  package init(
    loop: EventLoop, journal: sending MemoryJournal, files: sending FileJournal,
    overrides: sending OverrideFile, logger: Logger, failures: Counter
  ) {
    self.loop = loop
    self.journal = journal
    self.files = files
    self.overrides = overrides
    self.logger = logger
    self.failures = failures
  }

  /// Before anything else, on the loop.
  package func start() throws(EventLoopError) {
    timer = try LoopTimer(on: loop) { [unowned self] in
      self.assumeIsolated { $0.flush() }
    }
    fileTimer = try LoopTimer(on: loop) { [unowned self] in
      _ = self.assumeIsolated { $0.flushFiles() }
    }
  }

  /// Writes what is left. On the loop.
  package func shutDown() {
    flush()
    flushFiles()
    flushOverrides()
    timer = nil
    fileTimer = nil
  }

  /// Takes over what files are good with now, by path; nil for one that is gone.
  package func take(files changes: [String: KeptFile?]) {
    pendingFiles.merge(changes) { _, new in new }
    if fileTimer?.isActive == false { fileTimer?.start(after: Self.fileGatheringTime) }
  }

  /// Writes all overrides that there are now, at once.
  package func take(overrides: [Override]) {
    pendingOverrides = overrides
    flushOverrides()
  }

  /// As `flushFiles`.
  @discardableResult
  private func flushOverrides() -> Bool {
    guard let pending = pendingOverrides else { return true }
    do throws(StateFailure) {
      try overrides.write(pending)
      pendingOverrides = nil
      return true
    } catch {
      failed(error, at: lastTime)
      return false
    }
  }

  /// The last good content of manifest files, without the cluster's objects. Reads the disk.
  ///
  /// - Parameter paths: of files, or of directories for all of their files; nil for all.
  package func lastGood(of paths: Set<String>?) -> [KeptFile] {
    var problem: String?
    var found = Dictionary(
      files.read(problem: &problem).map { ($0.path, $0) }, uniquingKeysWith: { $1 })
    for (path, file) in pendingFiles { found[path] = file }
    return found.values.filter { file in
      guard !file.isObject, let paths else { return !file.isObject }
      return paths.contains(file.path) || paths.contains(file.directory)
    }.sorted { $0.path < $1.path }
  }

  /// What fails is tried again with the next changes of any kind.
  ///
  /// - Returns: whether nothing is left.
  @discardableResult
  private func flushFiles() -> Bool {
    guard !pendingFiles.isEmpty else { return true }
    do throws(StateFailure) {
      try files.write(pendingFiles)
      pendingFiles = [:]
      return true
    } catch {
      failed(error, at: lastTime)
      return false
    }
  }

  /// Takes changes over. Also without any: that the process runs is written, too.
  package func take(_ changes: MemoryChanges) {
    guard var all = pending else {
      pending = changes
      timer?.start(after: Self.gatheringTime)
      return
    }
    all.policies.merge(changes.policies) { _, new in new }
    all.at = changes.at
    pending = all
  }

  func flush() {
    guard let changes = pending else { return }
    pending = nil
    lastTime = changes.at
    do throws(StateFailure) {
      try journal.write(changes)
      guard isFailing, flushFiles(), flushOverrides() else { return }
      isFailing = false
      warnings.recovered()
      logger.info("the state directory is written again")
    } catch {
      failed(error, at: changes.at)
    }
  }

  private func failed(_ failure: StateFailure, at now: Instant) {
    isFailing = true
    failures.increment()
    guard case .log = warnings.occurred(at: now) else { return }
    logger.warning(
      "the state directory cannot be written: a restart would not remember what was asked last",
      ["problem": .describing(failure)])
  }
}
