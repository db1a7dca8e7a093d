/// The text of a label selector, as `kubectl --selector` takes it (Kubernetes, "Labels and
/// Selectors"): requirements that all have to be met, separated by commas.
///
/// Only its form is read here: the API server selects. A selector that it would refuse ends the start
/// instead of every list.
enum LabelSelector {
  /// Whether the text is a selector: `key`, `!key`, `key=value`, `key==value`, `key!=value`,
  /// `key in (a,b)`, `key notin (a,b)`. The empty text is none: it would select everything.
  static func isValid(_ text: String) -> Bool {
    guard let requirements = requirements(of: text) else { return false }
    return requirements.allSatisfy(isRequirement)
  }

  /// Splits at the commas outside of parentheses; nil where those do not fit.
  private static func requirements(of text: String) -> [Substring]? {
    var parts: [Substring] = []
    var start = text.startIndex
    var isInside = false
    for index in text.indices {
      switch text[index] {
      case "(":
        guard !isInside else { return nil }
        isInside = true
      case ")":
        guard isInside else { return nil }
        isInside = false
      case "," where !isInside:
        parts.append(text[start..<index])
        start = text.index(after: index)
      default: break
      }
    }
    return isInside ? nil : parts + [text[start...]]
  }

  private static func isRequirement(_ text: Substring) -> Bool {
    let text = trimmed(text)
    if text.hasSuffix(")") { return isSet(text.dropLast()) }
    if text.hasPrefix("!") { return isKey(trimmed(text.dropFirst())) }
    guard let sign = text.firstIndex(of: "=") else { return isKey(text) }
    var key = text[..<sign]
    var value = text[text.index(after: sign)...]
    if key.hasSuffix("!") {
      key = key.dropLast()
    } else if value.hasPrefix("=") {
      value = value.dropFirst()
    }
    return isKey(trimmed(key)) && isValue(trimmed(value))
  }

  /// `key in (a,b` or `key notin (a,b`.
  private static func isSet(_ text: Substring) -> Bool {
    guard let opening = text.firstIndex(of: "(") else { return false }
    let words = text[..<opening].split(separator: " ")
    guard words.count == 2, words[1] == "in" || words[1] == "notin", isKey(words[0]) else {
      return false
    }
    return text[text.index(after: opening)...]
      .split(separator: ",", omittingEmptySubsequences: false)
      .allSatisfy { isValue(trimmed($0)) }
  }

  /// A name of at most 63 characters, after an optional domain and a slash.
  private static func isKey(_ text: Substring) -> Bool {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard let name = parts.last, !name.isEmpty, isValue(name) else { return false }
    guard parts.count > 1 else { return true }
    return parts.count == 2 && !parts[0].isEmpty && parts[0].utf8.count <= 253
      && parts[0].utf8.allSatisfy { isAlphanumeric($0) || $0 == 0x2D || $0 == 0x2E }
  }

  /// Letters, digits, `-`, `_` and `.`, at both ends a letter or digit; may be empty.
  private static func isValue(_ text: Substring) -> Bool {
    guard let first = text.utf8.first, let last = text.utf8.last else { return true }
    return text.utf8.count <= 63 && isAlphanumeric(first) && isAlphanumeric(last)
      && text.utf8.allSatisfy {
        isAlphanumeric($0) || $0 == 0x2D || $0 == 0x2E || $0 == 0x5F
      }
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"):
      true
    default: false
    }
  }

  private static func trimmed(_ text: Substring) -> Substring {
    let start = text.drop { $0 == " " }
    guard let end = start.lastIndex(where: { $0 != " " }) else { return "" }
    return start[...end]
  }
}
