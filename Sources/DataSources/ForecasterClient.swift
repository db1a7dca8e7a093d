internal import HTTPClient
internal import Scaling
internal import Telemetry
internal import Time

/// How a forecaster is asked, and how its answers are read: Kedastral's contract,
/// `GET /forecast/current?workload=…`. Does no I/O.
enum ForecasterClient {
  /// A snapshot, and whether the forecaster itself calls it out of date.
  struct Forecast: Hashable {
    var series: ForecastSeries
    var isStale: Bool
  }

  /// In steps: nearly ten weeks by the minute. A longer forecast is a mistake.
  static let maximumSteps = 100_000

  /// Kubernetes counts replicas in 32 bits.
  private static let maximumReplicas = Int(Int32.max)
  /// In seconds: a year.
  private static let longestStep = 31_536_000.0

  private static let path = "/forecast/current"
  private static let probePath = "/healthz"

  static func request(workload: String, from endpoint: SourceEndpoint) -> HTTPRequest {
    endpoint.request(
      .get, "\(path)?workload=\(PercentEncoding.encode(workload))",
      headers: [HTTPField("Accept", "application/json")])
  }

  /// Reads the answer to `request`.
  ///
  /// - Throws: for any answer but a complete snapshot of that workload with numbers that make
  ///   sense (design section 1, "Forecast").
  static func forecast(
    in response: HTTPResponse, workload: String, loads: Bool = false, from endpoint: SourceEndpoint
  ) throws(FetchFailure) -> Forecast {
    switch response.status {
    case 200: break
    case 404: throw noForecast(response, workload: workload, from: endpoint)
    default: throw endpoint.failure(status: response, at: path)
    }
    do {
      let series = try snapshot(
        in: response.body, workload: workload, loads: loads, hiding: endpoint.secrets
      ).series
      let stale = response.headers["X-Kedastral-Stale"]
      return Forecast(series: series, isStale: stale?.lowercased() == "true")
    } catch {
      let looksLikeJSON = response.body.first { $0 > 0x20 } == UInt8(ascii: "{")
      throw FetchFailure(
        .decode, concernsSource: !looksLikeJSON,
        "\(endpoint.asked(path)) answered a forecast of workload \"\(Excerpt.text(of: workload))\" that"
          + " cannot be used: \(error)")
    }
  }

  /// Asks whether there is a forecaster at all. Kedastral's answers 200; another may not know the
  /// path, but shows by its 404 that it is there.
  static func probe(from endpoint: SourceEndpoint) -> HTTPRequest {
    endpoint.request(.get, probePath)
  }

  /// - Throws: for an answer that lets expect no forecasts.
  static func checkProbe(
    _ response: HTTPResponse, from endpoint: SourceEndpoint
  ) throws(FetchFailure) {
    guard (200...299).contains(response.status) || response.status == 404 else {
      throw endpoint.failure(status: response, at: probePath)
    }
  }

  private static func noForecast(
    _ response: HTTPResponse, workload: String, from endpoint: SourceEndpoint
  ) -> FetchFailure {
    var reader = JSONReader(response.body, hiding: endpoint.secrets)
    var said: String?
    try? reader.readObject { reader, key throws(JSONError) in
      if key == "error" { said = try reader.readString() } else { try reader.skipValue() }
    }
    let excerpt =
      said.map { Excerpt.text(of: $0, hiding: endpoint.secrets) }
      ?? Excerpt.text(of: response.body, hiding: endpoint.secrets)
    return FetchFailure(
      .noForecast,
      "the forecaster \(endpoint.asked(path)) has no forecast for workload"
        + " \"\(Excerpt.text(of: workload))\" (HTTP 404"
        + (excerpt.isEmpty ? ")" : ": \(excerpt))"))
  }

  // MARK: The snapshot

  /// - Parameters:
  ///   - workload: What the snapshot has to be for, if it says so; nil for any.
  ///   - loads: Whether its loads count, and not its replicas.
  ///   - secrets: What no error may show.
  /// - Returns: the series, and the workload that it says it is for.
  static func snapshot(
    in body: [UInt8], workload expected: String?, loads wantsLoads: Bool = false,
    hiding secrets: [Redacted] = []
  ) throws(JSONError) -> (series: ForecastSeries, workload: String?) {
    var reader = JSONReader(body, hiding: secrets)
    var workload: String?
    var replicas: [Int]?
    var loads: [Double]?
    var generatedAt: Instant?
    var step: Duration?
    try reader.readObject { reader, key throws(JSONError) in
      switch key {
      case "desiredReplicas" where !wantsLoads: replicas = try readReplicas(&reader)
      case "values" where wantsLoads: loads = try readLoads(&reader)
      case "generatedAt": generatedAt = try readInstant(&reader)
      case "stepSeconds": step = try readStep(&reader)
      case "workload": workload = try readWorkload(&reader, expected)
      default: try reader.skipValue()
      }
    }
    try reader.finish()
    if wantsLoads {
      replicas = [Int](repeating: 0, count: try required(loads, "values", reader).count)
    }
    var series = ForecastSeries(
      generatedAt: try required(generatedAt, "generatedAt", reader),
      step: try required(step, "stepSeconds", reader),
      replicas: try required(replicas, "desiredReplicas", reader))
    series.loads = loads ?? []
    return (series, workload)
  }

  private static func required<Value>(
    _ value: Value?, _ name: String, _ reader: JSONReader
  ) throws(JSONError) -> Value {
    guard let value else {
      throw JSONError(offset: reader.offset, problem: "expected the field \(name), found the end")
    }
    return value
  }

  private static func readReplicas(_ reader: inout JSONReader) throws(JSONError) -> [Int] {
    let start = reader.offset
    var replicas: [Int] = []
    // Go writes an empty slice that was never filled as null.
    if !reader.takeNull() {
      try reader.readArray { reader throws(JSONError) in
        guard replicas.count < maximumSteps else {
          throw JSONError(
            offset: reader.offset, problem: "desiredReplicas has more than \(maximumSteps) steps")
        }
        let place = reader.offset
        let count = try reader.readInt()
        guard (0...maximumReplicas).contains(count) else {
          throw JSONError(
            offset: place,
            problem: "desiredReplicas[\(replicas.count)] is \(count), expected 0 to"
              + " \(maximumReplicas)")
        }
        replicas.append(count)
      }
    }
    guard !replicas.isEmpty else {
      throw JSONError(offset: start, problem: "desiredReplicas is empty")
    }
    return replicas
  }

  private static func readLoads(_ reader: inout JSONReader) throws(JSONError) -> [Double] {
    let start = reader.offset
    var loads: [Double] = []
    if !reader.takeNull() {
      try reader.readArray { reader throws(JSONError) in
        guard loads.count < maximumSteps else {
          throw JSONError(
            offset: reader.offset, problem: "values has more than \(maximumSteps) steps")
        }
        let place = reader.offset
        let load = try reader.readDouble()
        guard load.isFinite, load >= 0 else {
          throw JSONError(
            offset: place, problem: "values[\(loads.count)] is \(load), expected 0 or more")
        }
        loads.append(load)
      }
    }
    guard !loads.isEmpty else { throw JSONError(offset: start, problem: "values is empty") }
    return loads
  }

  private static func readInstant(_ reader: inout JSONReader) throws(JSONError) -> Instant {
    let start = reader.offset
    let text = try reader.readString()
    do {
      return try Instant(rfc3339: text)
    } catch {
      throw JSONError(
        offset: start,
        problem: "generatedAt is \"\(Excerpt.text(of: text, length: 40, hiding: reader.secrets))\","
          + " expected an RFC 3339 time such as 2026-11-20T22:42:18Z")
    }
  }

  private static func readStep(_ reader: inout JSONReader) throws(JSONError) -> Duration {
    let start = reader.offset
    let seconds = try reader.readDouble()
    let milliseconds = (seconds * 1000).rounded()
    guard seconds <= longestStep, milliseconds >= 1000 else {
      throw JSONError(
        offset: start,
        problem: "stepSeconds is \(seconds), expected at least 1 and at most"
          + " \(Int(longestStep))")
    }
    return .milliseconds(Int64(milliseconds))
  }

  private static func readWorkload(
    _ reader: inout JSONReader, _ expected: String?
  ) throws(JSONError) -> String {
    let start = reader.offset
    let answered = try reader.readString()
    guard expected == nil || answered == expected else {
      throw JSONError(
        offset: start,
        problem: "it is for another workload, "
          + "\"\(Excerpt.text(of: answered, length: 60, hiding: reader.secrets))\"")
    }
    return answered
  }
}
