internal import Scaling
internal import StateDirectory
internal import Telemetry
internal import TestKit
internal import Testing
internal import Time

@testable internal import Serving

/// The state directory of a process that starts, runs and ends.
struct KeptStateTests {
  private static func state(in folder: TemporaryFolder) throws -> KeptState {
    try KeptState(
      directory: "\(folder.path)/state", maxAge: .seconds(3600), logger: .disabled,
      failures: HeadstartMetrics(version: "test").stateWriteFailures)
  }

  @Test func `a second process on the same directory is refused`() throws {
    let folder = try TemporaryFolder()
    let first = try Self.state(in: folder)
    #expect(throws: StateDirectoryInUse.self) { try Self.state(in: folder) }
    first.shutDown()
  }

  @Test func `what one process kept, the next one knows`() throws {
    let folder = try TemporaryFolder()
    do {
      let first = try Self.state(in: folder)
      #expect(first.restored.isEmpty)
      first.keep(
        MemoryChanges(policies: ["shop/api": PolicyMemory(answer: 7)], at: WallClock.now()))
      first.shutDown()
    }
    let second = try Self.state(in: folder)
    #expect(second.restored["shop/api"]?.answer == 7)
    second.shutDown()
  }

  /// What a process leaves whose policies answered for the last time at `instant`.
  private static func leave(in folder: TemporaryFolder, at instant: Instant) throws {
    let state = try state(in: folder)
    state.keep(MemoryChanges(policies: ["shop/api": PolicyMemory(answer: 7)], at: instant))
    state.keep(files: [
      "/a.yaml": KeptFile(directory: "/", path: "/a.yaml", isObject: false, content: [65]),
      "ics": KeptFile(calendar: "ics", content: [66]),
    ])
    state.keepOverrides([
      Override(
        id: "a", policy: ResourceName(name: "api"), bounds: .atLeast(3), since: instant,
        until: instant + .seconds(86_400))
    ])
    state.shutDown()
  }

  @Test(arguments: [(Duration.seconds(0), true), (.seconds(7200), false)])
  func `what is too old is not used, but calendars and overrides are`(
    age: Duration, isUsed: Bool
  ) throws {
    let folder = try TemporaryFolder()
    try Self.leave(in: folder, at: WallClock.now() - age)
    let state = try Self.state(in: folder)
    defer { state.shutDown() }
    #expect(state.restored.isEmpty == !isUsed)
    #expect(state.files.map(\.path) == (isUsed ? ["/a.yaml"] : []))
    #expect(state.calendars.map(\.path) == ["ics"])
    #expect(state.overrides.map(\.id) == ["a"])
  }

  @Test func `files are told by path and by directory, without calendars and what is gone`() throws
  {
    let folder = try TemporaryFolder()
    let state = try Self.state(in: folder)
    defer { state.shutDown() }
    func file(_ directory: String, _ name: String) -> KeptFile {
      KeptFile(
        directory: directory, path: "\(directory)/\(name)", isObject: false, content: [65])
    }
    state.keep(files: [
      "/a/1": file("/a", "1"), "/a/2": file("/a", "2"), "/b/1": file("/b", "1"),
      "ics": KeptFile(calendar: "ics", content: [66]),
    ])
    // A slow disk is no answer: another look follows.
    func lastGood(of paths: Set<String>?) -> [String]? {
      let end = ContinuousClock.now + .patience
      var found: [KeptFile]?
      repeat { found = state.lastGood(of: paths) } while found == nil && ContinuousClock.now < end
      return found?.map(\.path)
    }
    #expect(lastGood(of: nil) == ["/a/1", "/a/2", "/b/1"])
    #expect(lastGood(of: ["/a", "/b/2"]) == ["/a/1", "/a/2"])
    #expect(lastGood(of: ["/b/1"]) == ["/b/1"])
    state.keep(files: ["/a/1": nil])
    #expect(lastGood(of: ["/a"]) == ["/a/2"])
  }
}
