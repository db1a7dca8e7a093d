internal import HTTPClient

/// What all reports of one replica to another have in common: an object with its format's version in
/// front of its content.
enum ReportFormat {
  static let version = 1

  /// Reads a report.
  ///
  /// - Parameters:
  ///   - member: the name of the content.
  ///   - content: reads it. Called only where the version is known.
  /// - Throws: for anything that is not a report of this version. A later one is refused as a whole.
  static func read(
    _ body: [UInt8], _ member: String, content: (inout JSONReader) throws(JSONError) -> Void
  ) throws(JSONError) {
    var reader = JSONReader(body)
    var found: Int?
    try reader.readObject { (reader: inout JSONReader, name: String) throws(JSONError) in
      switch name {
      case "format": found = try reader.readInt()
      case member where found == version: try content(&reader)
      default: try reader.skipValue()
      }
    }
    try reader.finish()
    guard found == version else {
      let said = found.map(String.init) ?? "none"
      throw JSONError(offset: 0, problem: "expected the format \(version), found \(said)")
    }
  }
}
