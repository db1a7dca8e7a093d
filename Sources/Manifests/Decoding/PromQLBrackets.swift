/// Finds brackets and strings of a query that do not close, and comments that hide a part of it.
struct PromQLBrackets {
  /// Why the query cannot be one: the rest of a sentence; nil where everything closes.
  private(set) var problem: String?
  /// What follows a `#` on the query's only line; nil for none.
  private(set) var hidden: String?

  private static let closing: [Character: Character] = ["(": ")", "[": "]", "{": "}"]

  init(_ query: String) {
    let text = Array(query)
    // A folded text may end with a line break.
    let isOneLine = query.split(separator: "\n").count { !$0.allSatisfy(\.isWhitespace) } == 1
    var open: [(bracket: Character, place: Int)] = []
    var position = 0
    while position < text.count {
      let character = text[position]
      switch character {
      case "\"", "'", "`":
        guard let end = Self.end(ofStringAt: position, in: text) else {
          problem =
            "the string that begins with \(character) at character \(position + 1) never ends"
          return
        }
        position = end
      case "#":
        let line = text[position...].prefix { $0 != "\n" }
        if position > 0, line.count > 1, isOneLine { hidden = String(line) }
        position += line.count
      case "(", "[", "{":
        open.append((character, position))
      case ")", "]", "}":
        guard let last = open.popLast() else {
          problem = "the \(character) at character \(position + 1) closes nothing"
          return
        }
        guard Self.closing[last.bracket] == character else {
          problem =
            "the \(character) at character \(position + 1) does not close the \(last.bracket) at"
            + " character \(last.place + 1)"
          return
        }
      default:
        break
      }
      position += 1
    }
    if let last = open.last {
      problem =
        "the \(last.bracket) at character \(last.place + 1) never closes; is a"
        + " \(Self.closing[last.bracket].map(String.init) ?? "") missing?"
    }
  }

  /// The place of the quote that ends a string; nil for none.
  private static func end(ofStringAt start: Int, in text: [Character]) -> Int? {
    let quote = text[start]
    var position = start + 1
    while position < text.count {
      if text[position] == quote { return position }
      position += text[position] == "\\" && quote != "`" ? 2 : 1
    }
    return nil
  }
}
