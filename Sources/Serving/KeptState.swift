internal import EventLoop
internal import Scaling
internal import StateDirectory
internal import Telemetry
internal import Time

/// The state directory of a running process: what the process before has left there, and the thread
/// that goes on keeping it.
final class KeptState: Sendable {
  /// What policies asked last, as the process before knew it.
  let restored: [String: PolicyMemory]
  /// The last good content of manifests and objects; none that is too old.
  let files: [KeptFile]
  /// What was last read of calendars, which does not grow old.
  let calendars: [KeptFile]
  /// What people asked of policies for a while.
  let overrides: [Override]
  private let lock: StateLock?
  private let keeper: StateKeeper
  let directory: String
  private let thread: LoopThread

  /// Locks and reads the directory.
  ///
  /// - Throws: `StateDirectoryInUse` where another process uses it. A directory that cannot be read
  ///   or written costs a warning.
  init(
    directory: String, maxAge: Duration, logger: Logger, failures: Counter
  ) throws {
    self.directory = directory
    var problem: StateFailure?
    lock = try StateLock.take(directory: directory, problem: &problem)
    if let problem {
      logger.warning("the state directory cannot be locked", ["problem": .describing(problem)])
    }
    let journal = MemoryJournal(directory: directory)
    let contents = journal.read()
    let now = WallClock.now()
    restored = contents.restored(at: now, maxAge: maxAge)
    let fileJournal = FileJournal(directory: directory)
    var fileProblem: String?
    let found = fileJournal.read(problem: &fileProblem)
    let isRecent = contents.written.map { $0.duration(to: now) <= maxAge } ?? false
    files = isRecent ? found.filter { !$0.isCalendar } : []
    calendars = found.filter(\.isCalendar)
    let overrideFile = OverrideFile(directory: directory)
    var overrideProblem: String?
    overrides = overrideFile.read(problem: &overrideProblem)
    for problem in [contents.problem, fileProblem, overrideProblem].compactMap(\.self) {
      logger.warning("state of an earlier process is passed over", ["problem": .string(problem)])
    }
    if let written = contents.written {
      let age = max(written.duration(to: now), .zero)
      logger.info(
        restored.isEmpty && !contents.policies.isEmpty
          ? "what was asked last is too old to be used" : "what was asked last is known",
        ["policies": .int(contents.policies.count), "age": .duration(age)])
    }
    let loop = try EventLoop(name: "state")
    keeper = StateKeeper(
      loop: loop, journal: journal, files: fileJournal, overrides: overrideFile, logger: logger,
      failures: failures)
    thread = LoopThread(try loop.start())
    let keeper = keeper
    try loop.call { Result { try keeper.assumeIsolated { try $0.start() } } }?.get()
  }

  /// Its thread waits for the disk.
  var loop: EventLoop { keeper.loop }

  /// Takes what has to be kept. From any thread, without waiting.
  func keep(_ changes: MemoryChanges) {
    keeper.loop.post { [keeper] in keeper.assumeIsolated { $0.take(changes) } }
  }

  /// Takes what files are good with now, by path; nil for one that is gone. From any thread, without
  /// waiting.
  func keep(files: [String: KeptFile?]) {
    keeper.loop.post { [keeper] in keeper.assumeIsolated { $0.take(files: files) } }
  }

  /// Takes all overrides that there are now. From any thread, without waiting.
  var keepOverrides: @Sendable ([Override]) -> Void {
    { [keeper] overrides in
      keeper.loop.post { keeper.assumeIsolated { $0.take(overrides: overrides) } }
    }
  }

  /// The last good content of manifest files. From any thread but its own; waits for the disk.
  ///
  /// - Parameter paths: of files, or of directories for all of their files; nil for all.
  /// - Returns: nil when the disk does not answer in time.
  func lastGood(of paths: Set<String>?) -> [KeptFile]? {
    keeper.loop.call(within: Self.readingLimit) { [keeper] in
      keeper.assumeIsolated { $0.lastGood(of: paths).filter { !$0.isCalendar } }
    }
  }

  private static let readingLimit = Duration.seconds(1)

  /// Writes what is left, for as long as the limit allows: a disk may hang.
  func shutDown() {
    let ended: Void? = keeper.loop.call(within: Self.patience) { [keeper] in
      keeper.assumeIsolated { $0.shutDown() }
    }
    guard ended != nil else { return }
    keeper.loop.stop()
    thread.join()
  }

  private static let patience = Duration.seconds(3)
}
