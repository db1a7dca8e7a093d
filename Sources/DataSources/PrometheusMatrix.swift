internal import HTTPClient
internal import Scaling
internal import Telemetry
internal import Time

/// The result of a range query: of its first series the points.
struct PrometheusMatrix {
  private(set) var points: [PrometheusRange.Point] = []
  private(set) var seriesCount = 0

  /// An answer without a result, such as a refusal, has no series.
  ///
  /// - Parameter secrets: What no error may show.
  init(_ body: [UInt8], hiding secrets: [Redacted]) throws(JSONError) {
    var reader = JSONReader(body, hiding: secrets)
    try reader.readObject { reader, key throws(JSONError) in
      guard key == "data", reader.nextKind() == .object else { return try reader.skipValue() }
      try reader.readObject { reader, key throws(JSONError) in
        guard key == "result", reader.nextKind() == .array else { return try reader.skipValue() }
        try reader.readArray { reader throws(JSONError) in try readSeries(&reader) }
      }
    }
    try reader.finish()
  }

  private mutating func readSeries(_ reader: inout JSONReader) throws(JSONError) {
    seriesCount += 1
    try reader.readObject { reader, key throws(JSONError) in
      guard key == "values", seriesCount == 1 else { return try reader.skipValue() }
      try reader.readArray { reader throws(JSONError) in
        if let point = try Self.readPoint(&reader) { points.append(point) }
      }
    }
  }

  /// `[<seconds since 1970>, "<value>"]`; nil for a value that is not finite.
  private static func readPoint(
    _ reader: inout JSONReader
  ) throws(JSONError) -> PrometheusRange.Point? {
    var index = 0
    var seconds = 0.0
    var value: Double?
    try reader.readArray { reader throws(JSONError) in
      switch index {
      case 0: seconds = try reader.readDouble()
      case 1: value = Double(try reader.readString())
      default: throw reader.unexpected("the end of a pair of time and value")
      }
      index += 1
    }
    let milliseconds = (seconds * 1000).rounded()
    guard index == 2, abs(milliseconds) < 9e15 else {
      throw reader.unexpected("a pair of time and value")
    }
    guard let value, value.isFinite else { return nil }
    return PrometheusRange.Point(at: Instant(milliseconds: Int64(milliseconds)), value: value)
  }
}
