internal import EventLoop
internal import Foundation
internal import Scaling
internal import Telemetry
internal import TestKit
internal import Testing
internal import Time

@testable internal import StateDirectory

@Suite struct StateKeeperTests {
  private let now = Instant(milliseconds: 1_800_000_000_000)

  private func changes(_ name: String, asking replicas: Int) -> MemoryChanges {
    MemoryChanges(
      policies: [
        name: PolicyMemory(
          signals: ["live": SignalMemory(replicas: replicas, readAt: now, definition: 1)])
      ], at: now)
  }

  /// Runs a keeper on a loop of its own, until it is shut down.
  private func keep(
    in directory: String, failures: Counter,
    _ work: @escaping @Sendable (isolated StateKeeper) throws -> Void
  ) throws {
    let loop = try EventLoop(name: "state")
    let keeper = StateKeeper(
      loop: loop, journal: MemoryJournal(directory: directory),
      files: FileJournal(directory: directory), overrides: OverrideFile(directory: directory),
      logger: .disabled, failures: failures)
    let thread = try loop.start()
    try loop.call {
      Result {
        try keeper.assumeIsolated { keeper in
          try keeper.start()
          try work(keeper)
          keeper.shutDown()
        }
      }
    }?.get()
    loop.stop()
    thread.join()
  }

  @Test func `what comes one after the other is written together, and the last counts`() throws {
    let folder = try TemporaryFolder()
    let failures = HeadstartMetrics(version: "").stateWriteFailures
    let (one, two, other) = (
      changes("a", asking: 1), changes("a", asking: 2), changes("b", asking: 3)
    )
    try keep(in: folder.path, failures: failures) { keeper in
      keeper.take(one)
      keeper.take(two)
      keeper.take(other)
    }
    let found = MemoryJournal(directory: folder.path).read().policies
    #expect(found == ["a": two.policies["a"]!, "b": other.policies["b"]!].compactMapValues(\.self))
    #expect(failures.value == 0)
  }

  @Test func `files that could not be written are written once they can be`() throws {
    let folder = try TemporaryFolder()
    let failures = HeadstartMetrics(version: "").stateWriteFailures
    let directory = "\(folder.path)/later"
    let file = KeptFile(directory: "d", path: "d/a.yaml", isObject: false, content: [97])
    let changes = changes("a", asking: 1)
    try keep(in: directory, failures: failures) { keeper in
      keeper.take(files: ["d/a.yaml": file])
      keeper.take(changes)
      keeper.flush()
      try FileManager.default.createDirectory(
        atPath: directory, withIntermediateDirectories: false)
    }
    var problem: String?
    #expect(FileJournal(directory: directory).read(problem: &problem) == [file])
    #expect(failures.value == 1)
  }

  @Test func `files are told as they were last good, those of the last second too`() throws {
    let folder = try TemporaryFolder()
    let failures = HeadstartMetrics(version: "").stateWriteFailures
    func file(_ name: String, _ content: UInt8, isObject: Bool = false) -> KeptFile {
      KeptFile(directory: "d", path: "d/\(name)", isObject: isObject, content: [content])
    }
    let (a, b, object) = (file("a", 1), file("b", 2), file("o", 3, isObject: true))
    let newer = file("a", 4)
    try keep(in: folder.path, failures: failures) { keeper in
      keeper.take(files: [a.path: a, b.path: b, object.path: object])
    }
    try keep(in: folder.path, failures: failures) { keeper in
      #expect(keeper.lastGood(of: nil) == [a, b])
      #expect(keeper.lastGood(of: ["d"]) == [a, b])
      keeper.take(files: [a.path: newer])
      #expect(keeper.lastGood(of: [a.path, "d/other"]) == [newer])
      keeper.take(files: [a.path: nil])
      #expect(keeper.lastGood(of: nil) == [b])
    }
  }

  @Test func `a disk that cannot be written costs a count, and nothing is lost once it can`() throws
  {
    let folder = try TemporaryFolder()
    let failures = HeadstartMetrics(version: "").stateWriteFailures
    let directory = "\(folder.path)/later"
    let (first, second) = (changes("a", asking: 1), changes("b", asking: 2))
    try keep(in: directory, failures: failures) { keeper in
      keeper.take(first)
      keeper.flush()
      try FileManager.default.createDirectory(
        atPath: directory, withIntermediateDirectories: false)
      keeper.take(second)
    }
    #expect(failures.value == 1)
    #expect(MemoryJournal(directory: directory).read().policies.count == 2)
  }
}
