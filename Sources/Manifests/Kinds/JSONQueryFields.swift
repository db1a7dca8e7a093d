internal import Scaling

/// The fields of a signal that say what an HTTP endpoint is asked, and where its answer has the number.
enum JSONQueryFields {
  /// Nil after an error has been reported.
  static func decode(_ fields: ManifestFields) -> JSONQuery? {
    let path = fields.optional("path").map { $0.requestPath() }
    let method = fields.optional("method")
    let isPost = method.map { $0.choice([("GET", false), ("POST", true)]) }
    let body = fields.optional("body")
    let contentType = fields.optional("contentType")
    let pointer = fields.required("pointer")?.jsonPointer()
    if let body, isPost == .some(false) {
      body.error("a body goes with POST; write method: POST, or leave one of them out")
    }
    if let contentType, body == nil { contentType.warning("has no effect without a body") }
    fields.refuse("url", "unknown field; write path, which goes after the data source's address")
    fields.refuse(
      "jsonPath", "unknown field; write pointer, a JSON pointer such as /data/0/value")
    let text = body.map { $0.timedText("the text of a request") }
    let type = contentType.map { $0.headerValue() }
    guard let pointer, path != .some(nil), text != .some(nil), type != .some(nil) else {
      return nil
    }
    return JSONQuery(
      path: (path ?? nil) ?? .empty, isPost: (isPost ?? nil) ?? (body != nil), body: text ?? nil,
      contentType: (type ?? nil) ?? JSONQuery.Defaults.contentType, pointer: pointer)
  }
}

extension ManifestValue {
  /// A text in which times may stand that are filled in for each request.
  func timedText(_ expected: String) -> TimedText? {
    guard let text = text(expected: expected) else { return nil }
    do throws(TimedText.Problem) {
      return try TimedText(text)
    } catch {
      self.error(
        "\(quoted(error.found)) is not a time; write {now}, {now-5m}, {now-5m:ms} or"
          + " {now-5m:rfc3339}")
      return nil
    }
  }

  /// What goes after the address of a data source.
  fileprivate func requestPath() -> TimedText? {
    let expected = "a path such as /api/v1/queue"
    guard let text = text(expected: expected), let path = timedText(expected) else { return nil }
    guard text.hasPrefix("/") else {
      let scheme = text.utf8.firstRange(of: "://".utf8)
      let path = scheme.map { text[$0.upperBound...].drop { $0 != "/" } } ?? "/\(text)"
      let shown = printable((path.isEmpty ? "/" : path).unicodeScalars.prefix(60))
      error(
        expected: expected,
        hint: scheme == nil
          ? "write \(shown)" : "the server is the address of the data source; write \(shown)")
      return nil
    }
    if text.contains("?") || text.contains("#") {
      error("? and # do not belong in a path; write what follows ? as parameters")
      return nil
    }
    if let bad = text.unicodeScalars.first(where: { $0.value <= 0x20 || $0.value >= 0x7F }) {
      let digits = String(bad).utf8.map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }
      error(
        "the character \(quoted(String(bad))) has no place in a path; write"
          + " \(digits.joined().uppercased())")
      return nil
    }
    let leavesAddress = text.lowercased().split(separator: "/").contains { part in
      [".", ".."].contains(
        String(part).split(separator: "%2e", omittingEmptySubsequences: false)
          .joined(separator: "."))
    }
    if leavesAddress {
      error("a path cannot hold the parts . and ..; it goes after the address of the data source")
      return nil
    }
    return path
  }

  fileprivate func jsonPointer() -> JSONPointer? {
    let expected = "a JSON pointer such as /data/0/value"
    // An empty text is the whole answer.
    if case .scalar(let scalar) = node.content, case .text("") = scalar.value {
      return try? JSONPointer("")
    }
    guard let text = text(expected: expected) else { return nil }
    do throws(JSONPointer.Problem) {
      let pointer = try JSONPointer(text)
      if text.hasSuffix("/") {
        warning("a / at the end means a member whose name is empty; leave it out")
      } else if let step = pointer.steps.first(where: { Self.hasIndex($0) }) {
        warning(
          "\(quoted(step)) is the name of a member; if an element of a list is meant, write"
            + " \(printable(Self.pointer(ofPath: text).unicodeScalars.prefix(60)))")
      }
      return pointer
    } catch {
      switch error {
      case .noSlash:
        self.error(
          expected: expected,
          hint: "write \(printable(Self.pointer(ofPath: text).unicodeScalars.prefix(60)))")
      case .escape:
        self.error(
          "~ stands for itself as ~0 in a JSON pointer, and / inside of a name is ~1")
      }
      return nil
    }
  }

  /// What a path of JSONPath or jq means, `$.data[0].value` or `.data[0].value`: names and numbers with
  /// a slash in front of each.
  private static func pointer(ofPath text: String) -> String {
    var rest = text[...]
    while let first = rest.first, "$#./".contains(first) { rest.removeFirst() }
    let steps = rest.split { ".[]/".contains($0) }.map { $0.filter { !"\"'".contains($0) } }
    return "/" + steps.joined(separator: "/")
  }

  /// `items[0]`.
  private static func hasIndex(_ step: String) -> Bool {
    guard step.hasSuffix("]"), let open = step.lastIndex(of: "[") else { return false }
    let digits = step[step.index(after: open)...].dropLast()
    return !digits.isEmpty && digits.utf8.allSatisfy { (0x30...0x39).contains($0) }
  }
}
