package import Telemetry

/// What `PUT /api/v1/log-level` has done.
package struct LogLevelChange: Hashable, Sendable {
  package var level: LogLevel
  /// Until the level is as before; nil where it already is.
  package var lasting: Duration?

  package init(level: LogLevel, lasting: Duration?) {
    self.level = level
    self.lasting = lasting
  }

  /// Reads a body: one of the four words, as text or as a JSON string. An empty one means debug.
  ///
  /// - Returns: nil for any other body.
  static func level(in body: [UInt8]) -> LogLevel? {
    let isBlank = { (byte: UInt8) in byte <= 0x20 }
    var word = body.drop(while: isBlank)
    while let last = word.last, isBlank(last) { word.removeLast() }
    guard !word.isEmpty else { return .debug }
    let quote = UInt8(ascii: "\"")
    if word.count > 2, word.first == quote, word.last == quote {
      word = word.dropFirst().dropLast()
    }
    return LogLevel(String(decoding: word, as: UTF8.self))
  }
}
