internal import HTTPClient
internal import Telemetry

/// The JSON envelope of Prometheus's query API, with as much of the result as is of use.
struct PrometheusAnswer {
  private(set) var status: String?
  private(set) var errorType: String?
  private(set) var error: String?
  /// What the server remarks about the query, `infos` included; the first few only.
  private(set) var warnings: [String] = []
  /// Why the server itself calls the answer partial; nil for a whole one. VictoriaMetrics says
  /// `isPartial`; Thanos, Mimir and Cortex warn when a store is away.
  private(set) var partiality: String?
  /// The evaluation time of the result, as the server gives it: Unix seconds; nil without a sample.
  private(set) var evaluatedAt: Double?
  private(set) var result: Result?

  enum Result: Hashable {
    case scalar(String)
    /// The first two samples, and how many there are.
    case vector([Sample], count: Int)
    /// A string, a matrix, or what a later version may add.
    case other(String)
  }

  struct Sample: Hashable {
    /// As PromQL writes them: `up{job="api"}`.
    var labels: String
    /// As text; nil for a histogram.
    var value: String?
  }

  private static let maximumWarnings = 5

  /// - Parameter secrets: What no error may show, and no warning.
  init(_ body: [UInt8], hiding secrets: [Redacted]) throws(JSONError) {
    var reader = JSONReader(body, hiding: secrets)
    try reader.readObject { reader, key throws(JSONError) in
      switch key {
      case "status": status = try reader.readString()
      // Others than Prometheus may have a number there, nothing, or an object.
      case "errorType" where reader.nextKind() == .string: errorType = try reader.readString()
      case "errorType" where reader.nextKind() == .number:
        errorType = String(try reader.readInt())
      case "error" where reader.nextKind() == .string: error = try reader.readString()
      case "warnings": try readWarnings(&reader, mayBePartial: true)
      case "infos": try readWarnings(&reader, mayBePartial: false)
      case "isPartial":
        if reader.takeNull() { break }
        if try reader.readBool() { partiality = partiality ?? "the server says isPartial" }
      case "data" where reader.nextKind() == .object: result = try readData(&reader)
      default: try reader.skipValue()
      }
    }
    try reader.finish()
    guard status != nil else {
      throw JSONError(offset: reader.offset, problem: "expected the field status, found the end")
    }
  }

  /// Prometheus' own annotations of a query begin with `PromQL`, and say nothing of the data.
  private mutating func readWarnings(
    _ reader: inout JSONReader, mayBePartial: Bool
  ) throws(JSONError) {
    guard !reader.takeNull() else { return }
    try reader.readArray { reader throws(JSONError) in
      let warning = try reader.readString()
      if mayBePartial, partiality == nil, !warning.hasPrefix("PromQL ") {
        partiality = Excerpt.text(of: warning, hiding: reader.secrets)
      }
      if warnings.count < Self.maximumWarnings {
        warnings.append(Excerpt.text(of: warning, hiding: reader.secrets))
      }
    }
  }

  /// The type may stand after the result that it describes, so the result is passed over first and
  /// read when its type is known.
  private mutating func readData(_ reader: inout JSONReader) throws(JSONError) -> Result? {
    var type: String?
    var result: JSONReader?
    try reader.readObject { reader, key throws(JSONError) in
      switch key {
      case "resultType": type = try reader.readString()
      case "result":
        result = reader
        try reader.skipValue()
      default: try reader.skipValue()
      }
    }
    guard let type, var result else { return nil }
    switch type {
    case "scalar": return .scalar(try readPoint(&result))
    case "vector": return try readVector(&result)
    default: return .other(type)
    }
  }

  private mutating func readVector(_ reader: inout JSONReader) throws(JSONError) -> Result {
    var samples: [Sample] = []
    var count = 0
    guard !reader.takeNull() else { return .vector([], count: 0) }
    try reader.readArray { reader throws(JSONError) in
      count += 1
      if count <= 2 { samples.append(try readSample(&reader)) } else { try reader.skipValue() }
    }
    return .vector(samples, count: count)
  }

  private mutating func readSample(_ reader: inout JSONReader) throws(JSONError) -> Sample {
    var sample = Sample(labels: "{}")
    var isHistogram = false
    try reader.readObject { reader, key throws(JSONError) in
      switch key {
      case "metric": sample.labels = try Self.readLabels(&reader)
      case "value": sample.value = try readPoint(&reader)
      case "histogram":
        isHistogram = true
        try reader.skipValue()
      default: try reader.skipValue()
      }
    }
    guard sample.value != nil || isHistogram else {
      throw JSONError(offset: reader.offset, problem: "expected a sample with a value")
    }
    return sample
  }

  private static func readLabels(_ reader: inout JSONReader) throws(JSONError) -> String {
    var name = ""
    var pairs: [String] = []
    try reader.readObject { reader, key throws(JSONError) in
      let value = try reader.readString()
      if key == "__name__" { name = value } else { pairs.append("\(key)=\"\(value)\"") }
    }
    return "\(name){\(pairs.joined(separator: ", "))}"
  }

  /// `[<seconds since 1970>, "<value>"]`.
  private mutating func readPoint(_ reader: inout JSONReader) throws(JSONError) -> String {
    var index = 0
    var value: String?
    try reader.readArray { reader throws(JSONError) in
      switch index {
      case 0: evaluatedAt = try reader.readDouble()
      case 1: value = try reader.readString()
      default: throw reader.unexpected("the end of a pair of time and value")
      }
      index += 1
    }
    guard let value else { throw reader.unexpected("a pair of time and value") }
    return value
  }
}
