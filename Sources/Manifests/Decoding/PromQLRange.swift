internal import Scaling
internal import Time

/// Finds how far back a PromQL query looks: the ranges in brackets, such as `[5m]`.
enum PromQLRange {
  /// The shortest range of a query; nil for a query without one that can be read. Of a subquery
  /// `[1h:1m]` it is the first part.
  static func shortest(in query: String) -> Duration? {
    var shortest: Duration?
    var quote: Character?
    var isEscaped = false
    var range: String?
    for character in query {
      if let open = quote {
        if isEscaped {
          isEscaped = false
        } else if character == "\\", open != "`" {
          isEscaped = true
        } else if character == open {
          quote = nil
        }
        continue
      }
      switch character {
      case "\"", "'", "`": quote = character
      case "[": range = ""
      case "]", ":":
        if let text = range, let found = try? Duration(text: text), found > .zero {
          shortest = min(shortest ?? found, found)
        }
        range = nil
      default: if !character.isWhitespace { range?.append(character) }
      }
    }
    return shortest
  }
}
