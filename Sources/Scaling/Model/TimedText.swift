package import Time

/// A text with times in it that are filled in for each request: APIs that have no word for "the last
/// five minutes" want them as numbers.
///
/// `{now}` is the time in seconds since 1970, `{now-5m}` five minutes ago, `{now:ms}` and
/// `{now-5m:rfc3339}` are other forms of it. All other braces are left as they are.
package struct TimedText: Hashable, Sendable {
  /// As it was written.
  package let text: String
  private let parts: [Part]

  private enum Part: Hashable {
    case text(String)
    case time(ago: Duration, Form)
  }

  private enum Form: String {
    case seconds = "s"
    case milliseconds = "ms"
    case rfc3339
  }

  /// Something that begins as a time and is none.
  package struct Problem: Error, Hashable {
    package let found: String
  }

  package static let empty = TimedText(text: "", parts: [])

  private init(text: String, parts: [Part]) {
    self.text = text
    self.parts = parts
  }

  package init(_ text: String) throws(Problem) {
    self.text = text
    var parts: [Part] = []
    var rest = text[...]
    while let start = rest.firstRange(of: "{now")?.lowerBound {
      let after = rest[start...].dropFirst()
      guard let end = after.firstIndex(of: "}") else {
        throw Problem(found: String(rest[start...].prefix(40)))
      }
      guard let time = Self.time(after[..<end]) else {
        throw Problem(found: String(rest[start...end].prefix(40)))
      }
      if start > rest.startIndex { parts.append(.text(String(rest[..<start]))) }
      parts.append(time)
      rest = rest[rest.index(after: end)...]
    }
    if !rest.isEmpty { parts.append(.text(String(rest))) }
    self.parts = parts
  }

  /// `now`, `now-5m`, `now-5m:ms`.
  private static func time(_ text: Substring) -> Part? {
    let halves = text.split(separator: ":", omittingEmptySubsequences: false)
    guard halves.count <= 2, let head = halves.first else { return nil }
    let form = halves.count == 2 ? Form(rawValue: String(halves[1])) : .seconds
    guard let form else { return nil }
    let offset = head.dropFirst("now".count)
    guard !offset.isEmpty else { return .time(ago: .zero, form) }
    guard offset.hasPrefix("-"), let ago = try? Duration(text: String(offset.dropFirst())),
      ago >= .zero
    else { return nil }
    return .time(ago: ago, form)
  }

  /// Whether there is no time in it.
  package var isPlain: Bool {
    parts.allSatisfy { if case .text = $0 { true } else { false } }
  }

  package func filled(at now: Instant) -> String {
    parts.map { part in
      switch part {
      case .text(let text): return text
      case .time(let ago, let form):
        let instant = now.advanced(by: .zero - ago)
        return switch form {
        case .seconds: "\(instant.milliseconds / 1000)"
        case .milliseconds: "\(instant.milliseconds)"
        case .rfc3339: Instant(milliseconds: instant.milliseconds / 1000 * 1000).rfc3339
        }
      }
    }.joined()
  }
}
