internal import Time

/// Kubernetes' MicroTime: RFC 3339 in UTC with six digits of fraction, always.
enum MicroTime {
  static func text(_ instant: Instant) -> String {
    "\(instant.rfc3339Milliseconds.dropLast())000Z"
  }
}
