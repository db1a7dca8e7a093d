package import HTTPClient
internal import Telemetry

/// What one replica tells another of the last good content of manifest files: the body of
/// `/api/v1/memory/files`.
///
/// `{"format": 1, "files": [{"directory": "/policies", "path": "/policies/a.yaml", "content": "…"}]}`.
/// What comes from another replica is bounded and checked like any other input; whether the content
/// is good is for whoever uses it to find out.
package enum FileReport {
  /// More than any directory has.
  private static let maximumFiles = 100_000

  package static func text(of files: [KeptFile]) -> [UInt8] {
    var json = JSONWriter()
    json.object { json in
      json.field("format", ReportFormat.version)
      json.field(array: "files") { json in
        for file in files {
          json.object { json in
            json.field("directory", file.directory)
            json.field("path", file.path)
            json.field("content", String(decoding: file.content, as: UTF8.self))
          }
        }
      }
    }
    return json.bytes
  }

  /// - Throws: for anything that is not a report of this format. A later one is refused as a whole.
  package static func files(in body: [UInt8]) throws(JSONError) -> [KeptFile] {
    var found: [KeptFile] = []
    try ReportFormat.read(body, "files") { (reader: inout JSONReader) throws(JSONError) in
      try reader.readArray { (reader: inout JSONReader) throws(JSONError) in
        guard found.count < maximumFiles else {
          throw reader.unexpected("at most \(maximumFiles) files")
        }
        found.append(try file(from: &reader))
      }
    }
    return found
  }

  private static func file(from reader: inout JSONReader) throws(JSONError) -> KeptFile {
    var directory: String?
    var path: String?
    var content: String?
    try reader.readObject { (reader: inout JSONReader, name: String) throws(JSONError) in
      switch name {
      case "directory": directory = try reader.readString()
      case "path": path = try reader.readString()
      case "content": content = try reader.readString()
      default: try reader.skipValue()
      }
    }
    guard let directory, let path, let content else {
      throw reader.unexpected("directory, path and content of a file")
    }
    return KeptFile(
      directory: directory, path: path, isObject: false, content: Array(content.utf8))
  }
}

extension KeptFile {
  /// Whether it may hold what only its readers should know: headers, query parameters and bodies of
  /// requests may have keys of an API. Everything else of a manifest is shown by the side port anyway.
  package var mayHoldSecrets: Bool {
    let text = String(decoding: content, as: UTF8.self).lowercased()
    return ["header", "parameters", "body"].contains { text.contains($0) }
  }
}
