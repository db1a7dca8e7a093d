internal import Foundation
internal import TestKit
internal import Testing

@testable internal import StateDirectory

@Suite struct FileJournalTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private var path: String { "\(folder.path)/manifests" }

  private func file(_ name: String, _ text: String, isObject: Bool = false) -> KeptFile {
    KeptFile(
      directory: "policies", path: "policies/\(name)", isObject: isObject,
      content: Array(text.utf8))
  }

  private func write(_ journal: FileJournal, _ files: KeptFile...) throws {
    try journal.write(
      Dictionary(uniqueKeysWithValues: files.map { ($0.path, Optional($0)) }))
  }

  /// What another process finds, and what it says of the rest.
  private func read() -> (files: [KeptFile], problem: String?) {
    var problem: String?
    let files = FileJournal(directory: folder.path).read(problem: &problem)
    return (files, problem)
  }

  private func damage(_ change: (inout [UInt8]) -> Void) throws {
    var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    change(&bytes)
    try Data(bytes).write(to: URL(fileURLWithPath: path))
  }

  @Test func `reads what was written, the latest of each, and none that is gone`() throws {
    let journal = FileJournal(directory: folder.path)
    let last = file("a.yaml", "kind: \"x\"\n# ü\n", isObject: true)
    try write(journal, file("a.yaml", "old"), file("b.yaml", "b"), file("c.yaml", "c"))
    try write(journal, last)
    try journal.write(["policies/b.yaml": nil])
    #expect(read().files == [last, file("c.yaml", "c")])
    #expect(read().problem == nil)
  }

  @Test func `another process goes on where the one before ended`() throws {
    try write(FileJournal(directory: folder.path), file("a.yaml", "1"), file("b.yaml", "2"))
    let second = FileJournal(directory: folder.path)
    try write(second, file("b.yaml", "3"))
    try write(second, file("c.yaml", "4"))
    #expect(read().files.map(\.content) == [Array("1".utf8), Array("3".utf8), Array("4".utf8)])
  }

  @Test func `a line that was cut off or damaged is passed over, and costs no other`() throws {
    let journal = FileJournal(directory: folder.path)
    try write(journal, file("a.yaml", "1"))
    try write(journal, file("b.yaml", "2"))
    try damage { $0.removeLast(5) }
    #expect(read().files == [file("a.yaml", "1")])
    #expect(read().problem?.contains("1 of 2 lines are damaged") == true)
    // What is added now must not be lost with half a line.
    let next = FileJournal(directory: folder.path)
    try write(next, file("c.yaml", "3"))
    #expect(read().files == [file("a.yaml", "1"), file("c.yaml", "3")])
    #expect(read().problem == nil)
  }

  @Test(arguments: ["", "something else", "headstart manifests 2\n{}\n"])
  func `foreign content is passed over with a reason, and written over`(text: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    #expect(read().files.isEmpty)
    #expect(read().problem?.contains(path) == true)
    try write(FileJournal(directory: folder.path), file("a.yaml", "1"))
    #expect(read().files == [file("a.yaml", "1")])
  }

  @Test func `the file is written again before it is much longer than what it keeps`() throws {
    let journal = FileJournal(directory: folder.path)
    let text = String(repeating: "x", count: 100_000)
    try write(journal, file("kept.yaml", "kept"))
    for number in 0..<60 { try write(journal, file("a.yaml", "\(number)\(text)")) }
    let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
    #expect(size ?? .max < 1_500_000)
    #expect(read().files.map(\.path) == ["policies/a.yaml", "policies/kept.yaml"])
    #expect(read().files[0].content.starts(with: Array("59".utf8)))
  }

  @Test func `a file that was deleted is written again with what changes`() throws {
    let journal = FileJournal(directory: folder.path)
    try write(journal, file("a.yaml", "1"))
    try FileManager.default.removeItem(atPath: path)
    try write(journal, file("b.yaml", "2"))
    #expect(read().files == [file("b.yaml", "2")])
  }

  @Test func `no damage stops the process`() throws {
    try write(
      FileJournal(directory: folder.path), file("a.yaml", "text"),
      file("b.yaml", "more", isObject: true))
    let whole = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    var mutator = Mutator(seed: 7)
    for _ in 0..<2000 {
      try Data(mutator.mutated(whole)).write(to: URL(fileURLWithPath: path))
      #expect(read().files.count <= 2)
    }
  }
}
