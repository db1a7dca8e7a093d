internal import HTTPClient
internal import Telemetry

/// The last good content of manifest files and of the cluster's objects, in one file: a line for each
/// change, and the latest of each again now and then.
///
/// Remembers where in the file the lines are, not what they say. Its calls block; it belongs to one
/// thread.
package final class FileJournal {
  private let file: AppendedFile
  /// Where the latest line of each path is.
  private var places: [String: Range<Int>] = [:]
  private var liveBytes = 0

  static let header = "headstart manifests "
  static let version = "1"
  /// Beyond this and twice what is worth keeping, the file is written again.
  private static let spareBytes = 1 << 20
  private static let maximumBytes = 1 << 30

  package init(directory: String) {
    file = AppendedFile(path: "\(directory)/manifests")
  }

  // MARK: Reading

  /// - Parameter problem: what could not be used, and why: one sentence.
  package func read(problem: inout String?) -> [KeptFile] {
    do throws(StateFailure) {
      let found = try load()
      problem = found.problem
      return found.files.sorted { $0.path < $1.path }
    } catch {
      problem = error.description
      return []
    }
  }

  /// Looks at the whole file, and takes note of where its lines are.
  private func load() throws(StateFailure) -> (files: [KeptFile], bytes: [UInt8], problem: String?)
  {
    places = [:]
    liveBytes = 0
    guard let bytes = try StateFile.read(file.path, limit: Self.maximumBytes) else {
      return ([], [], nil)
    }
    var files: [String: KeptFile] = [:]
    var damaged = 0
    var count = 0
    for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      defer { count += 1 }
      guard count > 0 else {
        let problem = JournalLine.problem(
          ofFile: file.path, firstLine: line, header: Self.header, version: Self.version)
        if let problem { return ([], [], problem) }
        continue
      }
      if line.isEmpty, line.endIndex == bytes.count { break }
      guard let (path, file) = Self.entry(of: line) else {
        damaged += 1
        continue
      }
      files[path] = file
      note(path, file == nil ? nil : line.startIndex..<line.endIndex + 1)
    }
    let problem =
      damaged > 0
      ? "\(file.path): \(damaged) of \(count - 1) lines are damaged or cut off, and not used" : nil
    return (Array(files.values), bytes, problem)
  }

  private func note(_ path: String, _ place: Range<Int>?) {
    liveBytes += (place?.count ?? 0) - (places[path]?.count ?? 0)
    places[path] = place
  }

  /// Nil for a damaged line; a file that is gone has no content.
  private static func entry(of line: ArraySlice<UInt8>) -> (path: String, file: KeptFile?)? {
    guard let json = JournalLine.json(of: line) else { return nil }
    var reader = JSONReader(Array(json))
    var file = KeptFile(directory: "", path: "", isObject: false, content: [])
    var isGone = false
    do throws(JSONError) {
      try reader.readObject { (reader: inout JSONReader, key: String) throws(JSONError) in
        switch key {
        case "path": file.path = try reader.readString()
        case "directory": file.directory = try reader.readString()
        case "object": file.isObject = try reader.readBool()
        case "content": file.content = Array(try reader.readString().utf8)
        case "gone": isGone = try reader.readBool()
        default: try reader.skipValue()
        }
      }
      try reader.finish()
    } catch {
      return nil
    }
    return (file.path, isGone ? nil : file)
  }

  // MARK: Writing

  /// Writes what has changed, by path; nil for a file that is gone. Afterwards it survives the end of
  /// the process, and the machine's.
  package func write(_ changes: [String: KeptFile?]) throws(StateFailure) {
    var lines: [(path: String, line: [UInt8], isGone: Bool)] = []
    for (path, file) in changes {
      lines.append((path, Self.line(path, file), file == nil))
    }
    let added = lines.reduce(0) { $0 + $1.line.count }
    guard file.isAppendable, file.size + added <= 2 * liveBytes + Self.spareBytes else {
      return try writeAll(with: lines)
    }
    let start = file.size
    try file.append(lines.flatMap(\.line), survivesPowerLoss: true)
    enter(lines, from: start)
  }

  private func writeAll(
    with lines: [(path: String, line: [UInt8], isGone: Bool)]
  ) throws(StateFailure) {
    let old = try load().bytes
    var bytes = Array("\(Self.header)\(Self.version)\n".utf8)
    let changed = Set(lines.map(\.path))
    var moved: [String: Range<Int>] = [:]
    for (path, place) in places where !changed.contains(path) {
      let start = bytes.count
      bytes += old[place]
      moved[path] = start..<bytes.count
    }
    let end = bytes.count
    for line in lines where !line.isGone { bytes += line.line }
    try file.replace(with: bytes)
    places = moved
    liveBytes = moved.values.reduce(0) { $0 + $1.count }
    enter(lines.filter { !$0.isGone }, from: end)
  }

  private func enter(_ lines: [(path: String, line: [UInt8], isGone: Bool)], from start: Int) {
    var offset = start
    for (path, line, isGone) in lines {
      note(path, isGone ? nil : offset..<offset + line.count)
      offset += line.count
    }
  }

  private static func line(_ path: String, _ file: KeptFile?) -> [UInt8] {
    var json = JSONWriter()
    json.object { json in
      json.field("path", path)
      guard let file else { return json.field("gone", true) }
      json.field("directory", file.directory)
      json.field("object", file.isObject)
      json.field("content", String(decoding: file.content, as: UTF8.self))
    }
    return JournalLine.text(of: json.bytes)
  }
}
