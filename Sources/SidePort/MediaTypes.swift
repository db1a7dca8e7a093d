internal import Telemetry

/// Content negotiation for `/metrics` (RFC 9110, section 12.5.1).
enum MediaTypes {
  /// OpenMetrics when the header `Accept` ranks it at least as high as the text format and names
  /// it first; otherwise the text format, which is also the answer to everything unintelligible.
  static func exposition(accept: String?) -> ExpositionFormat {
    guard let accept else { return .text }
    var best: (format: ExpositionFormat, quality: Double) = (.text, 0)
    for range in accept.split(separator: ",") {
      guard let offer = offer(range), offer.quality > best.quality else { continue }
      best = offer
    }
    return best.format
  }

  /// The format that a media range asks for and how much; nil when it asks for none that we have.
  private static func offer(_ range: Substring) -> (format: ExpositionFormat, quality: Double)? {
    let parts = range.split(separator: ";", omittingEmptySubsequences: false).map(trimmed)
    var parameters: [Substring: Substring] = [:]
    for part in parts.dropFirst() {
      let pair = part.split(separator: "=", maxSplits: 1)
      if pair.count == 2 { parameters[trimmed(pair[0])] = trimmed(pair[1]) }
    }
    let quality = parameters["q"].map { Double($0) ?? 0 } ?? 1
    switch parts[0].lowercased() {
    case "application/openmetrics-text":
      // The drafts before 1.0.0 are read by whoever reads 1.0.0, but not the other way round.
      guard let version = parameters["version"] else { return (.openMetrics, quality) }
      return version == "1.0.0" || version == "0.0.1" ? (.openMetrics, quality) : nil
    case "text/plain", "text/*", "*/*":
      return (.text, quality)
    default:
      return nil
    }
  }

  private static func trimmed(_ text: Substring) -> Substring {
    let start = text.drop { $0 == " " || $0 == "\t" }
    guard let last = start.lastIndex(where: { $0 != " " && $0 != "\t" }) else { return start }
    return start[...last]
  }
}
