internal import Telemetry

/// One thing that is wrong with a manifest file or an object of the cluster, or looks wrong.
package struct Finding: Hashable, Sendable {
  /// A warning otherwise.
  package var isError: Bool
  /// The file, the directory or the object.
  package var file: String
  /// From 1; nil for an object, and for a file as a whole.
  package var line: Int?
  package var column: Int?
  /// One sentence.
  package var message: String
  /// Whether the file's last good content is in force; a file with an error is not used otherwise.
  package var lastGoodIsUsed: Bool

  package init(
    isError: Bool, file: String, line: Int? = nil, column: Int? = nil, message: String,
    lastGoodIsUsed: Bool = false
  ) {
    self.isError = isError
    self.file = file
    self.line = line
    self.column = column
    self.message = message
    self.lastGoodIsUsed = lastGoodIsUsed
  }

  func write(to json: inout JSONWriter) {
    json.field("severity", isError ? "error" : "warning")
    json.field("file", file)
    json.field("line", line)
    json.field("column", column)
    json.field("message", message)
    json.field("lastGoodIsUsed", lastGoodIsUsed)
  }
}

extension Router {
  /// Everything that is wrong with manifests and objects now.
  static func findings(_ content: SidePortContent) -> [Route] {
    [
      .get("/api/v1/findings") { request, _ in
        answer(request) { () throws(QueryParameter.Problem) in
          let limit = try QueryParameter.limit.number(of: request, in: 0...10_000)
          let found = content.findings()
          return .json { json in
            json.field("errors", found.count(where: \.isError))
            json.field("warnings", found.count { !$0.isError })
            json.field(array: "findings") { json in
              for finding in found.prefix(limit ?? .max) {
                json.object { finding.write(to: &$0) }
              }
            }
          }
        }
      }
    ]
  }
}
