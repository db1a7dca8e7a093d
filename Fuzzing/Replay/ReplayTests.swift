internal import Foundation
internal import Testing

/// What libFuzzer has found, and the seeds it started from, fed to the same targets in every run of
/// the unit tests.
struct ReplayTests {
  /// A file with one input.
  private struct Input {
    let name: String
    let bytes: [UInt8]

    init(_ file: URL) throws {
      name = file.lastPathComponent
      bytes = [UInt8](try Data(contentsOf: file))
    }
  }

  /// The folder `Fuzzing`.
  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent()

  private static func inputs(of target: FuzzTarget, in folder: String) throws -> [URL] {
    let folder = root.appendingPathComponent("\(folder)/\(target.name)")
    guard FileManager.default.fileExists(atPath: folder.path) else { return [] }
    return try FileManager.default.contentsOfDirectory(
      at: folder, includingPropertiesForKeys: nil
    ).sorted { $0.path < $1.path }
  }

  @Test(arguments: FuzzTarget.all)
  func `no input that once broke a promise breaks one again`(target: FuzzTarget) throws {
    let findings = try Self.inputs(of: target, in: "Findings").map { try Input($0) }
    try target.run { check in
      for finding in findings {
        #expect(throws: Never.self, "\(finding.name)") { try check(finding.bytes) }
      }
    }
  }

  @Test(arguments: FuzzTarget.all)
  func `no seed breaks a promise, whole or cut short`(target: FuzzTarget) throws {
    let seeds = try Self.inputs(of: target, in: "Seeds").map { try Input($0) }
    #expect(!seeds.isEmpty, "the target has no seed")
    try target.run { check in
      for seed in seeds {
        let bytes = seed.bytes
        let step = max(bytes.count / 50, 1)
        for count in Array(stride(from: 0, to: bytes.count, by: step)) + [bytes.count] {
          #expect(throws: Never.self, "\(seed.name), the first \(count) bytes") {
            try check(Array(bytes[..<count]))
          }
        }
      }
    }
  }

  @Test func `every folder of inputs belongs to a target`() throws {
    let names = Set(FuzzTarget.all.map(\.name))
    #expect(names.count == FuzzTarget.all.count)
    for folder in ["Seeds", "Findings", "Dictionaries"] {
      let found = try FileManager.default.contentsOfDirectory(
        atPath: Self.root.appendingPathComponent(folder).path)
      let unknown = found.map { $0.replacingOccurrences(of: ".dict", with: "") }
        .filter { !names.contains($0) && !$0.hasPrefix(".") }
      #expect(unknown == [], "in \(folder)")
    }
  }

  /// The driver itself: a target that breaks a promise is seen to.
  @Test func `a broken promise is reported`() throws {
    let target = FuzzTarget("short", maxLength: 8) { bytes throws(Broken) in
      try require(bytes.count < 4, "the input has \(bytes.count) bytes")
    }
    try target.run { check in
      #expect(throws: Never.self) { try check([1, 2, 3]) }
      #expect(throws: Broken.self) { try check([1, 2, 3, 4]) }
    }
  }
}

extension FuzzTarget: CustomTestStringConvertible {
  var testDescription: String { name }
}
