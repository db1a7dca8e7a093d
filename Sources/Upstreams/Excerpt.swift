package import Telemetry

/// Text from outside, made fit to stand inside an error sentence.
package enum Excerpt {
  /// In Unicode scalars: enough for the sentence that most servers answer an error with.
  package static let defaultLength = 200

  /// How much of the input is looked at, beyond the longest secret.
  private static let window = 4096

  /// Shorter secrets would blot out innocent text, and guessing them is easy anyhow.
  private static let shortestSecret = 4

  /// The beginning of `bytes` on one line: invalid UTF-8 repaired, runs of white space and of
  /// control characters turned into one space, `…` where it was cut.
  ///
  /// - Parameter secrets: What must not show up even though a server repeats it.
  package static func text(
    of bytes: some Collection<UInt8>, length: Int = defaultLength, hiding secrets: [Redacted] = []
  ) -> String {
    let secrets = secrets.map(\.secret).filter { $0.utf8.count >= shortestSecret }
    let longest = secrets.map(\.utf8.count).max() ?? 0
    let considered = bytes.prefix(window + longest)
    var text = String(decoding: considered, as: UTF8.self)
    // The longest first: a secret may be part of another.
    for secret in secrets.sorted(by: { $0.utf8.count > $1.utf8.count }) {
      text = text.replacing(secret, with: Redacted(secret).description)
    }
    let wasCut = considered.count < bytes.count
    // The end of the window may hold the first half of a secret.
    let safe = text.unicodeScalars.dropLast(wasCut ? longest : 0)
    return singleLine(safe, length: length, wasCut: wasCut)
  }

  package static func text(
    of text: String, length: Int = defaultLength, hiding secrets: [Redacted] = []
  ) -> String {
    self.text(of: text.utf8, length: length, hiding: secrets)
  }

  private static func singleLine(
    _ scalars: Substring.UnicodeScalarView, length: Int, wasCut: Bool
  ) -> String {
    var line = String.UnicodeScalarView()
    var count = 0
    var pendingSpace = false
    for scalar in scalars {
      guard isPrintable(scalar) else {
        pendingSpace = count > 0
        continue
      }
      guard count + (pendingSpace ? 2 : 1) <= length else { return String(line) + "…" }
      if pendingSpace {
        line.append(" ")
        count += 1
        pendingSpace = false
      }
      line.append(scalar)
      count += 1
    }
    return String(line) + (wasCut ? "…" : "")
  }

  private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
      .paragraphSeparator, .spaceSeparator:
      false
    default: true
    }
  }
}
