internal import GRPCWire
internal import Telemetry

@testable internal import HTTPClient

extension FuzzTarget {
  /// What others send, on its way into a sentence, into trailers and into the log. The first line is
  /// a secret that the rest may repeat.
  static let errorText = FuzzTarget("error-text", maxLength: 1024) { bytes throws(Broken) in
    let lines = FuzzInput(bytes).lines
    let rest = Array(lines.dropFirst().joined(separator: [0x0A]))
    let secret = String(decoding: lines[0], as: UTF8.self)
    let excerpt = Excerpt.text(of: rest, length: 100, hiding: [Redacted(secret)])
    try require(excerpt.unicodeScalars.count <= 101, "an excerpt is too long")
    if !excerpt.isEmpty { try requireSentence(excerpt) }
    if isTelling(secret) {
      try require(
        !contains(Array(excerpt.utf8), Array(secret.utf8)),
        "the secret \(secret.debugDescription) shows in \(excerpt.debugDescription)")
    }
    let text = String(decoding: rest, as: UTF8.self)
    if !text.isEmpty { try requireStatus(RPCStatus(.unknown, text)) }
    var writer = JSONWriter()
    writer.element(text)
    var reader = JSONReader(writer.bytes)
    try require((try? reader.readString()) == text, "the log's JSON says something else")
  }

  /// Secrets that are too short are not hidden, and what stands in for one must not be one.
  private static func isTelling(_ secret: String) -> Bool {
    secret.utf8.count >= 4 && secret.utf8.allSatisfy { (0x21...0x7E).contains($0) }
      && !contains(Array(Redacted(secret).description.utf8), Array(secret.utf8))
  }

  private static func contains(_ bytes: [UInt8], _ wanted: [UInt8]) -> Bool {
    guard bytes.count >= wanted.count else { return false }
    return (0...(bytes.count - wanted.count)).contains { start in
      bytes[start..<(start + wanted.count)].elementsEqual(wanted)
    }
  }
}
