internal import Foundation
internal import Scaling
internal import TestKit
internal import Testing
internal import Time

@testable internal import StateDirectory

@Suite struct MemoryJournalTests {
  private let folder: TemporaryFolder
  private let now = Instant(milliseconds: 1_800_000_000_000)

  init() throws {
    folder = try TemporaryFolder()
  }

  private var path: String { "\(folder.path)/memory" }

  private func read() -> MemoryJournal.Contents { MemoryJournal(directory: folder.path).read() }

  private func file() throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: path)))
  }

  private func put(_ bytes: [UInt8]) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: path))
  }

  /// One with everything that a memory can hold.
  private var full: PolicyMemory {
    PolicyMemory(
      signals: [
        "live": SignalMemory(
          replicas: 25, value: 2500.5, readAt: now.advanced(by: .seconds(-3)),
          evidence: EvidenceMemory(
            taken: 8, level: 7, levelSince: now.advanced(by: .seconds(-60)),
            wholeSince: now.advanced(by: .seconds(-90)), readAt: now.advanced(by: .seconds(-2))),
          definition: .max),
        "predicted \"\n": SignalMemory(
          replicas: 40,
          series: ForecastSeries(
            generatedAt: now.advanced(by: .seconds(-30)), step: .seconds(60),
            replicas: [1, 0, 40]),
          readAt: now.advanced(by: .seconds(-30)), lostSince: now.advanced(by: .seconds(-10)),
          definition: 7),
        "stand-in": SignalMemory(replicas: 3, readAt: now, origin: .target, definition: 0),
      ],
      activity: Decision.Activity(last: now, cause: .wakeUp, isOngoing: true), answer: 40,
      floor: 12)
  }

  private func memory(asking replicas: Int) -> PolicyMemory {
    PolicyMemory(
      signals: ["live": SignalMemory(replicas: replicas, readAt: now, definition: 1)],
      answer: replicas)
  }

  @Test func `reads what was written`() throws {
    let gone = PolicyMemory(answer: 0, goneSince: now.advanced(by: .seconds(-1800)))
    try MemoryJournal(directory: folder.path).write(
      MemoryChanges(policies: ["shop/web": full, "implied||gone": gone], at: now))
    #expect(
      read()
        == MemoryJournal.Contents(
          policies: ["shop/web": full, "implied||gone": gone], written: now))
  }

  @Test func `a directory without a file holds nothing`() {
    #expect(read() == MemoryJournal.Contents())
  }

  @Test func `the last of several lines counts, and a forgotten policy is gone`() throws {
    let journal = MemoryJournal(directory: folder.path)
    try journal.write(
      MemoryChanges(policies: ["a": memory(asking: 1), "b": memory(asking: 2)], at: now))
    try journal.write(MemoryChanges(policies: ["a": memory(asking: 5), "b": nil], at: now))
    #expect(read().policies == ["a": memory(asking: 5)])
  }

  @Test func `a batch without changes says that the process ran`() throws {
    let journal = MemoryJournal(directory: folder.path)
    try journal.write(MemoryChanges(policies: ["a": memory(asking: 1)], at: now))
    let later = now.advanced(by: .seconds(30))
    try journal.write(MemoryChanges(at: later))
    #expect(read().written == later)
    #expect(read().policies == ["a": memory(asking: 1)])
  }

  @Test func `a file that was cut off anywhere keeps the whole lines before the cut`() throws {
    let journal = MemoryJournal(directory: folder.path)
    try journal.write(MemoryChanges(policies: ["a": memory(asking: 1)], at: now))
    let first = try file().count
    try journal.write(MemoryChanges(policies: ["b": full], at: now))
    let whole = try file()
    for length in 0..<whole.count {
      try put(Array(whole[..<length]))
      let found = read()
      if length >= first { #expect(found.policies["a"] == memory(asking: 1)) }
      let isAtLineEnd = length > 0 && whole[length - 1] == UInt8(ascii: "\n")
      // The last byte of a line is not missed when the rest of it is there.
      let isAlmost = whole[length] == UInt8(ascii: "\n")
      if !isAtLineEnd, !isAlmost { #expect(found.problem != nil, "cut at \(length)") }
      #expect(found.policies["b"] == nil || found.policies["b"] == full)
    }
  }

  @Test func `a damaged byte costs its line and no other`() throws {
    try MemoryJournal(directory: folder.path).write(
      MemoryChanges(policies: ["a": full, "b": full], at: now))
    let whole = try file()
    let start = MemoryJournal.header.utf8.count + MemoryJournal.version.utf8.count + 1
    for index in stride(from: start, to: whole.count, by: 7) {
      var damaged = whole
      damaged[index] ^= 0x11
      try put(damaged)
      let found = read()
      #expect(found.problem != nil, "byte \(index)")
      #expect(found.policies.values.allSatisfy { $0 == full })
      #expect(found.policies.count + (found.written == nil ? 1 : 0) >= 1)
    }
  }

  @Test(arguments: [
    ("headstart memory 2\n{}\n", "format 2"), ("ELF\u{1}\u{2}", "not what Headstart writes"),
    ("", "not what Headstart writes"), ("\n\n\n", "not what Headstart writes"),
  ])
  func `a later version and foreign content are passed over, and written over`(
    content: String, problem: String
  ) throws {
    try put(Array(content.utf8))
    let found = read()
    #expect(found.policies.isEmpty && found.written == nil)
    #expect(found.problem?.contains(problem) == true)
    try MemoryJournal(directory: folder.path).write(
      MemoryChanges(policies: ["a": full], at: now))
    #expect(read() == MemoryJournal.Contents(policies: ["a": full], written: now))
  }

  @Test(arguments: [
    #"{"policy":"a","at":0,"signals":{"s":{"replicas":-1}}}"#,
    #"{"policy":"a","at":0,"signals":{"s":{"replicas":2147483648}}}"#,
    #"{"policy":"a","at":0,"signals":{"s":{}}}"#,
    #"{"policy":"a","at":0,"signals":{"s":{"replicas":1,"value":1e999}}}"#,
    #"{"policy":"a","at":0,"signals":{"s":{"replicas":1,"definition":"12"}}}"#,
    #"{"policy":"a","at":0,"signals":{"s":{"replicas":1,"series":{"from":0,"step":0,"replicas":[1]}}}}"#,
    #"{"policy":"a","at":0,"signals":{"s":{"replicas":1,"series":{"from":0,"step":1,"replicas":[]}}}}"#,
    #"{"policy":"a","at":0,"activity":{"cause":200}}"#,
    #"{"policy":"a","at":0} x"#,
  ])
  func `a line that says what cannot be is passed over`(_ json: String) throws {
    let line = "\(Checksum.text(of: json.utf8)) \(json)\n"
    try put(Array("headstart memory 1\n\(line)".utf8))
    #expect(read().policies.isEmpty)
    #expect(read().problem?.contains("1 of 1 lines") == true)
  }

  @Test func `the file stays in proportion to what it holds`() throws {
    let journal = MemoryJournal(directory: folder.path)
    for round in 0..<20_000 {
      try journal.write(MemoryChanges(policies: ["a": memory(asking: round)], at: now))
      if round % 1000 == 0 { #expect(try file().count < 1_300_000) }
    }
    #expect(read().policies == ["a": memory(asking: 19_999)])
  }

  @Test func `after a failure the next batch holds everything`() throws {
    let directory = "\(folder.path)/inner"
    let journal = MemoryJournal(directory: directory)
    #expect(throws: StateFailure.self) {
      try journal.write(MemoryChanges(policies: ["a": memory(asking: 1)], at: now))
    }
    try FileManager.default.createDirectory(
      atPath: directory, withIntermediateDirectories: false)
    try journal.write(MemoryChanges(policies: ["b": memory(asking: 2)], at: now))
    #expect(
      MemoryJournal(directory: directory).read().policies
        == ["a": memory(asking: 1), "b": memory(asking: 2)])
  }

  @Test func `a file that was deleted is written again as a whole`() throws {
    let journal = MemoryJournal(directory: folder.path)
    try journal.write(MemoryChanges(policies: ["a": memory(asking: 1)], at: now))
    try FileManager.default.removeItem(atPath: path)
    try journal.write(MemoryChanges(policies: ["b": memory(asking: 2)], at: now))
    #expect(read().policies == ["a": memory(asking: 1), "b": memory(asking: 2)])
  }

  // MARK: Ages

  private func restored(after span: Duration, maxAge: Duration = .seconds(3600)) -> PolicyMemory? {
    MemoryJournal.Contents(policies: ["a": full], written: now)
      .restored(at: now.advanced(by: span), maxAge: maxAge)["a"]
  }

  @Test func `what was not lost is lost since the process before was last seen`() throws {
    let found = try #require(restored(after: .seconds(600)))
    let live = try #require(found.signals["live"])
    #expect(live.origin == .disk)
    #expect(live.readAt == now)
    #expect(live.lostSince == now)
    #expect(live.replicas == 25)
    let predicted = try #require(found.signals["predicted \"\n"])
    #expect(predicted.readAt == now.advanced(by: .seconds(-30)))
    #expect(predicted.lostSince == now.advanced(by: .seconds(-10)))
    #expect(found.signals["stand-in"]?.origin == .target)
  }

  @Test func `content is used up to its maximum age and not beyond`() {
    #expect(restored(after: .seconds(3600)) != nil)
    #expect(restored(after: .milliseconds(3_600_001)) == nil)
  }

  @Test func `content from the future has the age 0`() throws {
    let found = try #require(restored(after: .seconds(-86400)))
    let start = now.advanced(by: .seconds(-86400))
    #expect(found.signals["live"]?.lostSince == start)
    #expect(found.signals["predicted \"\n"]?.lostSince == start.advanced(by: .seconds(-10)))
    #expect(found.activity?.last == start)
  }

  @Test func `what was written before the clock was set back keeps its age`() throws {
    let journal = MemoryJournal(directory: folder.path)
    try journal.write(MemoryChanges(policies: ["a": full], at: now))
    let back = now.advanced(by: .seconds(-2400))
    try journal.write(MemoryChanges(at: back))
    let found = try #require(
      read().restored(at: back.advanced(by: .seconds(5)), maxAge: .seconds(3600))["a"])
    #expect(found.signals["live"]?.lostSince == back)
    #expect(found.signals["live"]?.evidence?.readAt == back.advanced(by: .seconds(-2)))
    #expect(found.activity?.last == back)
  }
}
