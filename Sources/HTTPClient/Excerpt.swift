package import Telemetry

/// Text from outside, made fit to stand inside an error sentence.
package enum Excerpt {
  /// In Unicode scalars: enough for the sentence that most servers answer an error with.
  package static let defaultLength = 200

  /// How much of the input is looked at.
  private static let window = 4096

  /// The beginning of `bytes` on one line: invalid UTF-8 repaired, runs of white space and of
  /// control characters turned into one space, `…` where it was cut.
  ///
  /// - Parameter secrets: What must not show up even though a server repeats it.
  package static func text(
    of bytes: some Collection<UInt8>, length: Int = defaultLength, hiding secrets: [Redacted] = []
  ) -> String {
    let secrets = SecretLedger.known(with: secrets)
    // A secret that begins in the window is known by what follows it.
    let considered = Array(bytes.prefix(window + secrets.longest))
    let shown = secrets.hidden(in: considered, 0..<min(considered.count, window))
    let text = String(decoding: shown, as: UTF8.self)
    return singleLine(text.unicodeScalars, length: length, wasCut: bytes.count > window)
  }

  /// All of `bytes` as text, with its line breaks, and without the secrets.
  package static func hidingSecrets(in bytes: some Collection<UInt8>) -> String {
    let bytes = Array(bytes)
    let shown = SecretLedger.known().hidden(in: bytes, 0..<bytes.count)
    return String(decoding: shown, as: UTF8.self)
  }

  package static func text(
    of text: String, length: Int = defaultLength, hiding secrets: [Redacted] = []
  ) -> String {
    self.text(of: text.utf8, length: length, hiding: secrets)
  }

  private static func singleLine(
    _ scalars: String.UnicodeScalarView, length: Int, wasCut: Bool
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
