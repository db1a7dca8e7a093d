internal import Telemetry

extension HeadstartMetrics {
  /// What a counter with the label `result` shows.
  func count(_ name: String, _ result: String) -> String? {
    let start = "\(name){result=\"\(result)\"} "
    return String(decoding: registry.exposition(.text), as: UTF8.self)
      .split(separator: "\n").first { $0.hasPrefix(start) }
      .map { String($0.dropFirst(start.count)) }
  }
}
