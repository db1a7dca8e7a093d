/// The place of a value in a JSON document (RFC 6901), such as `/data/0/value`.
package struct JSONPointer: Hashable, Sendable {
  /// As it was written; empty for the whole document.
  package let text: String
  /// The names of members and the numbers of elements on the way, without escapes.
  package let steps: [String]

  /// Why a text is no pointer.
  package enum Problem: Error, Hashable, Sendable {
    case noSlash
    /// `~` is followed by neither 0 nor 1.
    case escape
  }

  package init(_ text: String) throws(Problem) {
    self.text = text
    guard !text.isEmpty else {
      steps = []
      return
    }
    guard text.hasPrefix("/") else { throw .noSlash }
    var steps: [String] = []
    for part in text.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
      guard let step = Self.unescaped(part) else { throw .escape }
      steps.append(step)
    }
    self.steps = steps
  }

  /// Nil for an escape that is none. Section 4: `~1` is a slash, `~0` is a tilde.
  private static func unescaped(_ part: Substring) -> String? {
    var step = ""
    var rest = part[...]
    while let character = rest.popFirst() {
      guard character == "~" else {
        step.append(character)
        continue
      }
      switch rest.popFirst() {
      case "0": step.append("~")
      case "1": step.append("/")
      default: return nil
      }
    }
    return step
  }

  /// The pointer to the first steps alone, for people; `the answer` for none.
  package func shown(_ count: Int) -> String {
    guard count > 0 else { return "the answer" }
    return steps.prefix(count).map { step in
      "/"
        + step.split(separator: "~", omittingEmptySubsequences: false).joined(separator: "~0")
        .split(separator: "/", omittingEmptySubsequences: false).joined(separator: "~1")
    }.joined()
  }
}
