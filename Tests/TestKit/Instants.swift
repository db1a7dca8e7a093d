package import Time

extension Instant {
  /// A timestamp that the test's author knows to be well formed.
  package static func at(_ text: String) throws -> Instant {
    try Instant(rfc3339: text)
  }

  package static func + (instant: Instant, duration: Duration) -> Instant {
    instant.advanced(by: duration)
  }

  package static func - (instant: Instant, duration: Duration) -> Instant {
    instant.advanced(by: .zero - duration)
  }
}
