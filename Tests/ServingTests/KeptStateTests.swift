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
}
