/// The one selector of a PromQL query, such as `http_requests_total{job="api"}`.
///
/// Reads just enough of the language to find selectors: names, strings, comments, brackets and the
/// lists of labels of `by`, `on` and their like.
struct PromQLSelector {
  /// The matchers between its braces, as they are written.
  private let matchers: [String]

  /// To follow "expected …, ".
  struct Problem: Error, CustomStringConvertible {
    let description: String
  }

  /// - Throws: `Problem` for a query with no selector or several.
  init(onlyOneOf query: String) throws(Problem) {
    var scanner = PromQLScanner(query)
    let selectors = scanner.selectors()
    guard let first = selectors.first else { throw Problem(description: "found no selector") }
    guard selectors.count == 1 else {
      throw Problem(
        description: "found \(selectors.count) selectors; write the evidence as a query")
    }
    matchers = first
  }

  /// Those of the matchers that a target's `up` has too.
  func targetMatchers() throws(Problem) -> String {
    let labels: Set<Substring> = ["job", "namespace", "instance"]
    let found = matchers.filter { matcher in
      labels.contains(matcher.prefix { $0 != "=" && $0 != "!" && !$0.isWhitespace })
    }
    guard !found.isEmpty else {
      throw Problem(description: "found a selector by none of them; write the evidence as a query")
    }
    return found.joined(separator: ",")
  }
}

/// Walks over a query once.
private struct PromQLScanner {
  private let text: [Character]
  private var position = 0

  private static let listKeywords: Set<String> = [
    "by", "without", "on", "ignoring", "group_left", "group_right",
  ]
  /// Words that name no metric. Functions are known by the bracket after them.
  private static let words: Set<String> = [
    "and", "or", "unless", "bool", "offset", "atan2", "inf", "nan", "sum", "avg", "min", "max",
    "count", "stddev", "stdvar", "topk", "bottomk", "quantile", "count_values", "group", "limitk",
    "limit_ratio", "start", "end",
  ]

  init(_ query: String) {
    text = Array(query)
  }

  /// The matchers of each selector, in the query's order.
  mutating func selectors() -> [[String]] {
    var found: [[String]] = []
    while let character = peek() {
      switch character {
      case "\"", "'", "`": _ = string()
      case "#": skip { $0 != "\n" }
      case "[": skip { $0 != "]" }
      case "{": found.append(braces())
      case _ where character.isNumber: skip { $0.isLetter || $0.isNumber || $0 == "." }
      case _ where Self.isNameStart(character):
        if let matchers = word() { found.append(matchers) }
      default: position += 1
      }
    }
    return found
  }

  /// - Returns: the matchers of a metric's selector; nil for any other word.
  private mutating func word() -> [String]? {
    let name = take { Self.isNameStart($0) || $0.isNumber }
    skip { $0.isWhitespace }
    let next = peek()
    let lower = name.lowercased()
    if Self.listKeywords.contains(lower) {
      if next == "(" { skip { $0 != ")" } }
      return nil
    }
    if next == "{" { return braces() }
    return Self.words.contains(lower) || next == "(" ? nil : []
  }

  private mutating func braces() -> [String] {
    var matchers: [String] = []
    var matcher = ""
    position += 1
    while let character = peek(), character != "}" {
      if character == "\"" || character == "'" || character == "`" {
        matcher += string()
      } else {
        if character == "," {
          matchers.append(matcher)
          matcher = ""
        } else if !character.isWhitespace {
          matcher.append(character)
        }
        position += 1
      }
    }
    position += 1
    return (matchers + [matcher]).filter { !$0.isEmpty }
  }

  /// With its quotes.
  private mutating func string() -> String {
    let quote = text[position]
    var string = String(quote)
    position += 1
    while let character = peek() {
      string.append(character)
      position += 1
      if character == "\\", quote != "`", let escaped = peek() {
        string.append(escaped)
        position += 1
      } else if character == quote {
        break
      }
    }
    return string
  }

  private func peek() -> Character? { position < text.count ? text[position] : nil }

  private mutating func skip(while condition: (Character) -> Bool) { _ = take(while: condition) }

  private mutating func take(while condition: (Character) -> Bool) -> String {
    let start = position
    while let character = peek(), condition(character) { position += 1 }
    return String(text[start..<position])
  }

  private static func isNameStart(_ character: Character) -> Bool {
    character.isLetter || character == "_" || character == ":"
  }
}
