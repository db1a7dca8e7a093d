internal import CCurl
package import Time

extension HTTPResponse {
  /// How long the server asks to be left alone (RFC 9110 section 10.2.3): a number of seconds, or an
  /// HTTP date. Nil where it does not say; zero for a date that is over. As long as the server likes.
  ///
  /// - Parameter now: by our own clock; the server's counts where it dates its answer.
  package func retryAfter(at now: Instant) -> Duration? {
    guard let text = headers["Retry-After"], !text.isEmpty else { return nil }
    if text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
      return .seconds(Int64(text).map { min($0, Self.longest) } ?? Self.longest)
    }
    guard let date = Self.date(text) else { return nil }
    let sent = headers["Date"].flatMap(Self.date) ?? now
    return max(sent.duration(to: date), .zero)
  }

  /// In seconds: a year. More would be no sensible number to reckon with.
  private static let longest: Int64 = 31_536_000

  /// In any of the three forms of RFC 9110 section 5.6.7; nil for what is none.
  private static func date(_ text: String) -> Instant? {
    let seconds = curl_getdate(text, nil)
    guard text.contains(":"), seconds >= 0, seconds < 253_402_300_800 else { return nil }
    return Instant(milliseconds: Int64(seconds) * 1000)
  }
}
