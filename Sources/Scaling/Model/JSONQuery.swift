/// What a signal asks a data source of type `http` for, and where the answer has what it wants.
package struct JSONQuery: Hashable, Sendable {
  /// Goes after the data source's address: empty, or with a slash in front, percent-encoded.
  package var path: TimedText
  package var isPost: Bool
  /// Nil for none.
  package var body: TimedText?
  /// Of the body.
  package var contentType: String
  /// Of the number, or of the object with a forecast's series.
  package var pointer: JSONPointer

  package enum Defaults {
    package static let contentType = "application/json"
  }

  package init(
    path: TimedText = .empty, isPost: Bool = false, body: TimedText? = nil,
    contentType: String = Defaults.contentType, pointer: JSONPointer
  ) {
    self.path = path
    self.isPost = isPost
    self.body = body
    self.contentType = contentType
    self.pointer = pointer
  }

  /// `GET /api/queues/orders /messages`, for people.
  package var text: String {
    let words = [isPost ? "POST" : "GET", path.text, pointer.text].filter { !$0.isEmpty }
    return words.joined(separator: " ")
  }

  var definition: String {
    "\(text)|\(contentType)|\(body?.text ?? "")"
  }
}

/// What of an answer counts.
package enum JSONResult: Hashable, Sendable {
  case number(onEmpty: EmptyResult)
  /// A series as a forecaster answers it: of its replicas, or of its loads.
  case forecast(loads: Bool)
}
