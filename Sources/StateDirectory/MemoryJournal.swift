internal import HTTPClient
package import Scaling
internal import Telemetry
package import Time

/// What the policies asked, in one file: a line for each change, and all of it again now and then.
///
/// Each line has a checksum before it. What was cut off or damaged is passed over; the last whole
/// line of a policy counts. The last line of each batch says when the process was still running.
///
/// Its calls block; it belongs to one thread.
package final class MemoryJournal {
  private let file: AppendedFile
  /// The latest line of each policy.
  private var lines: [String: [UInt8]] = [:]
  /// What the latest lines take.
  private var lineBytes = 0

  static let header = "headstart memory "
  static let version = "1"
  /// Beyond this and twice what is worth keeping, the file is written again.
  private static let spareBytes = 1 << 20
  /// More than 100,000 policies take.
  private static let maximumBytes = 1 << 30

  package init(directory: String) {
    file = AppendedFile(path: "\(directory)/memory")
  }

  // MARK: Writing

  /// Writes what has changed; afterwards it survives the end of the process, and the machine's.
  ///
  /// The first call of a process replaces what it has found: it has to be given everything that is
  /// to be kept. After a failure the next call writes everything again.
  package func write(_ changes: MemoryChanges) throws(StateFailure) {
    var batch: [UInt8] = []
    for (key, memory) in changes.policies {
      let line = Self.line(key, memory, at: changes.at)
      batch += line
      replaceLine(of: key, with: memory == nil ? nil : line)
    }
    batch += Self.aliveLine(changes.at)
    let isTooLong = file.size + batch.count > 2 * lineBytes + Self.spareBytes
    guard file.isAppendable, !isTooLong else { return try writeAll(at: changes.at) }
    try file.append(batch, survivesPowerLoss: !changes.policies.isEmpty)
  }

  private func writeAll(at now: Instant) throws(StateFailure) {
    var bytes = Array("\(Self.header)\(Self.version)\n".utf8)
    bytes.reserveCapacity(lineBytes + 1024)
    for line in lines.values { bytes += line }
    bytes += Self.aliveLine(now)
    try file.replace(with: bytes)
  }

  private func replaceLine(of key: String, with line: [UInt8]?) {
    lineBytes += (line?.count ?? 0) - (lines[key]?.count ?? 0)
    lines[key] = line
  }

  private static func line(_ key: String, _ memory: PolicyMemory?, at now: Instant) -> [UInt8] {
    var json = JSONWriter()
    json.object { json in
      json.field("policy", key)
      json.field("at", now.milliseconds)
      if let memory {
        MemoryText.write(memory, at: now, to: &json)
      } else {
        json.field("forgotten", true)
      }
    }
    return JournalLine.text(of: json.bytes)
  }

  private static func aliveLine(_ now: Instant) -> [UInt8] {
    var json = JSONWriter()
    json.object { $0.field("at", now.milliseconds) }
    return JournalLine.text(of: json.bytes)
  }

  // MARK: Reading

  /// What another process left behind.
  package struct Contents: Hashable, Sendable {
    /// By the text of the policy's key, as of when it was written.
    package var policies: [String: PolicyMemory] = [:]
    /// When it was last known to run; nil for nothing.
    package var written: Instant?
    /// What could not be used, and why: one sentence.
    package var problem: String?

    /// What still counts, with its age: nothing once it is older than `maxAge`. A time in the future
    /// is a clock that was ahead: the age is then 0.
    package func restored(at now: Instant, maxAge: Duration) -> [String: PolicyMemory] {
      guard let written, written.duration(to: now) <= maxAge else { return [:] }
      let shift = min(written.duration(to: now), .zero)
      return policies.mapValues { $0.restored(written: written, shiftedBy: shift) }
    }
  }

  /// Reads the file of the process before. What cannot be used is passed over.
  package func read() -> Contents {
    do throws(StateFailure) {
      guard let bytes = try StateFile.read(file.path, limit: Self.maximumBytes) else {
        return Contents()
      }
      return parse(bytes)
    } catch {
      return Contents(problem: error.description)
    }
  }

  private func parse(_ bytes: [UInt8]) -> Contents {
    var parts = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    let isWhole = parts.last?.isEmpty ?? true
    if isWhole, !parts.isEmpty { parts.removeLast() }
    let problem = JournalLine.problem(
      ofFile: file.path, firstLine: parts.first ?? [], header: Self.header, version: Self.version)
    if let problem { return Contents(problem: problem) }
    var contents = Contents()
    var damaged = 0
    for part in parts.dropFirst() {
      if !Self.take(part, into: &contents) { damaged += 1 }
    }
    if damaged > 0 {
      contents.problem =
        "\(file.path): \(damaged) of \(parts.count - 1) lines are damaged or cut off, and not used"
    }
    return contents
  }

  /// - Returns: whether the line is whole.
  static func take(_ line: ArraySlice<UInt8>, into contents: inout Contents) -> Bool {
    guard let text = JournalLine.json(of: line) else { return false }
    do throws(JSONError) {
      // Each line is dated before its ages are read.
      var reader = JSONReader(Array(text))
      var fields: MemoryText.Fields?
      var key: String?
      var isForgotten = false
      try reader.readObject { (reader: inout JSONReader, name: String) throws(JSONError) in
        switch name {
        case "policy": key = try reader.readString()
        case "at":
          let at = Instant(milliseconds: Int64(try reader.readInt()))
          contents.written = at
          fields = MemoryText.Fields(at: at)
        case "forgotten": isForgotten = try reader.readBool()
        default:
          if try fields?.read(name, from: &reader) != true { try reader.skipValue() }
        }
      }
      try reader.finish()
      guard let key else { return true }
      contents.policies[key] = isForgotten ? nil : fields?.memory
      return true
    } catch {
      return false
    }
  }
}
