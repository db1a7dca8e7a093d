/// Turns libyaml's words for a syntax error into a sentence that says what to do.
enum YAMLSyntaxError {
  /// What libyaml says of half a surrogate pair, which is all that it sees of a whole one.
  static let invalidEscape = "found invalid Unicode character escape code"

  /// A scanner's or parser's error.
  ///
  /// - Parameters:
  ///   - problem: What libyaml found, such as `did not find expected key`.
  ///   - context: What it was doing, such as `while parsing a block mapping`, begun at
  ///     `contextPosition`; nil when that says nothing more.
  ///   - isTab: Whether the character at the problem is a tab.
  static func sentence(
    problem: String, context: String?, contextPosition: SourcePosition, isTab: Bool
  ) -> String {
    if isTab, problem == "found character that cannot start any token" {
      return "malformed YAML: found a tab where the indentation is expected; indent with spaces"
    }
    let start =
      context.map {
        " \($0) that starts at line \(contextPosition.line), column \(contextPosition.column)"
      } ?? ""
    let hint = hints[problem].map { "; \($0)" } ?? ""
    return "malformed YAML: \(problem)\(start)\(hint)"
  }

  /// A reader's error, which is about one character or byte.
  static func sentence(problem: String, character: Int) -> String {
    guard problem == "control characters are not allowed" else {
      return "the file is not valid UTF-8: \(problem)"
    }
    return "malformed YAML: found the control character \(SourceText.codePoint(character)); "
      + "remove it, or write it as an escape in double quotes"
  }

  private static let unclosed = "close it, or quote text that holds a brace, a bracket or a comma"

  private static let hints = [
    "mapping values are not allowed in this context":
      "check the indentation, and quote text that holds a colon followed by a space",
    "did not find expected ',' or '}'": unclosed,
    "did not find expected ',' or ']'": unclosed,
    "block sequence entries are not allowed in this context": "check the indentation",
    "found character that cannot start any token": "quote text that starts with this character",
    "did not find expected key": "check the indentation, and that every quote is closed",
    "did not find expected '-' indicator": "check the indentation",
    "did not find expected alphabetic or numeric character":
      "quote text that starts with & or *",
    "could not find expected ':'": "write a colon and a space after a key",
    "found unknown escape character":
      "double the backslash, or use single quotes, where a backslash is a plain character",
    "found unexpected end of stream": "close the quote",
    "did not find expected <document start>": "write --- between two documents",
  ]
}
