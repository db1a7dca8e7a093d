package import Time

/// How long a lost signal goes on asking for what it last asked (design, section 1).
package enum Hold: Hashable, Sendable {
  /// Until it is back: missing data never scales anything down.
  case forever
  /// Then the signal is unknown. 0 or more.
  case upTo(Duration)

  /// When it ends for a signal that is lost since an instant.
  func end(from lostSince: Instant) -> Instant {
    switch self {
    case .forever: .distantFuture
    case .upTo(let duration): lostSince.advanced(by: duration)
    }
  }

  /// As a manifest writes it: `forever`, `5m`.
  package var text: String {
    switch self {
    case .forever: "forever"
    case .upTo(let duration): duration.text
    }
  }

  /// `forever`, or a duration of 0 or more as `Duration.init(text:)` reads it.
  package init(text: String) throws(InvalidDuration) {
    self = text == "forever" ? .forever : .upTo(try Duration(text: text))
  }
}
