internal import Telemetry

/// What the routes know of a request.
struct SidePortRequest {
  var method: String
  /// As sent, still percent-encoded; with or without the query string.
  var target: String
  /// The header `Accept`.
  var accept: String?
  /// The header `Content-Type`.
  var contentType: String?
  /// The header that marks a call of another replica, and says which.
  var forwarder: String?
  /// At most `ClientLimits.requestBody` bytes; empty for a request without one.
  var body: [UInt8] = []
  /// The query's parameters that some route knows, decoded; nil stands for one that is malformed.
  var query: [String: String?] = [:]

  /// The client would rather read than parse.
  var prefersText: Bool { accept?.hasPrefix("text/plain") == true }
  /// What is wrong may come as a line of text.
  var takesText: Bool { accept?.contains("text/plain") == true }
}

/// An answer, complete in memory.
struct SidePortResponse {
  var status: Int
  /// In order of sending; Content-Length and Date are the library's.
  var headers: [(name: String, value: String)]
  var body: [UInt8]

  init(status: Int, contentType: String, body: [UInt8]) {
    self.status = status
    headers = [
      ("Content-Type", contentType),
      // Answers change by the second and may tell of private workloads.
      ("Cache-Control", "no-store"),
      ("X-Content-Type-Options", "nosniff"),
    ]
    self.body = body
  }

  /// A JSON object, with a newline at its end for those who read it in a terminal.
  static func json(status: Int = 200, _ content: (inout JSONWriter) -> Void) -> SidePortResponse {
    var json = JSONWriter()
    json.object(content)
    return SidePortResponse(
      status: status, contentType: "application/json; charset=utf-8",
      body: json.bytes + [UInt8(ascii: "\n")])
  }

  /// Plain text, for terminals.
  static func text(status: Int = 200, _ text: String) -> SidePortResponse {
    SidePortResponse(
      status: status, contentType: "text/plain; charset=utf-8", body: Array(text.utf8))
  }

  /// `{"error": …}` with one sentence.
  static func error(_ status: Int, _ sentence: String) -> SidePortResponse {
    json(status: status) { $0.field("error", sentence) }
  }

  /// One sentence, as text for clients that take it and else as JSON.
  static func refusal(
    _ status: Int, _ sentence: String, of request: SidePortRequest
  ) -> SidePortResponse {
    request.takesText ? .text(status: status, sentence + "\n") : .error(status, sentence)
  }
}
