internal import EventLoop
internal import HTTPClient
internal import Manifests
internal import Scaling
internal import Time

extension FuzzTarget {
  /// Durations, timestamps and addresses, as manifests, metadata, answers and queries hold them:
  /// what is read is written, and read as the same again.
  static let texts = FuzzTarget("texts", maxLength: 64) { bytes throws(Broken) in
    let text = String(decoding: bytes, as: UTF8.self)
    try checkDuration(text)
    try checkInstant(text)
    if let address = ListenAddress(text) {
      try require(ListenAddress(address.description) == address, "\(address) is not read back")
    }
    if AddressProblem(of: text) == nil {
      guard let url = HTTPURL(text) else { throw Broken("libcurl does not take \(text)") }
      try require(url.path.hasPrefix("/"), "the path is \(url.path)")
    }
  }

  private static func checkDuration(_ text: String) throws(Broken) {
    guard let duration = try? Duration(text: text) else { return }
    let again = try? Duration(text: duration.text)
    try require(again == duration, "\(text) is \(duration.text), which is not read back")
  }

  private static func checkInstant(_ text: String) throws(Broken) {
    guard let instant = try? Instant(rfc3339: text) else { return }
    // An offset may lead out of the years that can be written.
    guard instant.rfc3339 != Instant.distantPast.rfc3339,
      instant.rfc3339 != Instant.distantFuture.rfc3339
    else { return }
    let again = try? Instant(rfc3339: instant.rfc3339)
    try require(again == instant, "\(text) is \(instant.rfc3339), which is not read back")
  }
}
