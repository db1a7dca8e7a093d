internal import HTTPClient
package import Scaling
internal import Telemetry

/// The overrides of all policies, in one file that is written again with each change: there are few.
///
/// A line for each, with its checksum. Its calls block; it belongs to one thread.
package final class OverrideFile {
  private let path: String

  static let header = "headstart overrides "
  static let version = "1"
  private static let maximumBytes = 64 << 20

  package init(directory: String) {
    path = "\(directory)/overrides"
  }

  /// - Parameter problem: what could not be used, and why: one sentence.
  package func read(problem: inout String?) -> [Override] {
    do throws(StateFailure) {
      guard let bytes = try StateFile.read(path, limit: Self.maximumBytes) else { return [] }
      var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      if lines.last?.isEmpty == true { lines.removeLast() }
      problem = JournalLine.problem(
        ofFile: path, firstLine: lines.first ?? [], header: Self.header, version: Self.version)
      guard problem == nil else { return [] }
      let found = lines.dropFirst().map(Self.override)
      let damaged = found.count { $0 == nil }
      if damaged > 0 {
        problem = "\(path): \(damaged) of \(found.count) lines are damaged, and not used"
      }
      return found.compactMap(\.self)
    } catch {
      problem = error.description
      return []
    }
  }

  private static func override(of line: ArraySlice<UInt8>) -> Override? {
    guard let json = JournalLine.json(of: line) else { return nil }
    var reader = JSONReader(Array(json))
    return try? OverrideText.override(from: &reader)
  }

  /// Afterwards the file survives the end of the process, and the machine's.
  package func write(_ overrides: [Override]) throws(StateFailure) {
    var bytes = Array("\(Self.header)\(Self.version)\n".utf8)
    for override in overrides {
      var json = JSONWriter()
      json.object { OverrideText.write(override, to: &$0) }
      bytes += JournalLine.text(of: json.bytes)
    }
    try StateFile.replace(path, with: bytes)
  }
}
