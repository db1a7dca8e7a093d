package import HTTPClient
internal import Telemetry

/// What one replica tells another of what forecasts have learnt: the body of
/// `/api/v1/memory/forecasts`.
///
/// `{"format": 1, "states": ["aHNmYw…"]}`: each in Base64, with a format, a key and a checksum of its
/// own. What comes from another replica is bounded and checked like any other input.
package enum LearntStateReport {
  /// How many a replica tells at once.
  package static let maximumStates = 128
  /// Under 270 KB for each of 64 with the shortest steps, which are asked for at once.
  package static let maximumBytes = 24 << 20

  package static func text(of states: [[UInt8]]) -> [UInt8] {
    var json = JSONWriter()
    json.object { json in
      json.field("format", ReportFormat.version)
      json.field(array: "states") { json in
        for state in states { json.element(Base64.encode(state)) }
      }
    }
    return json.bytes
  }

  /// - Throws: for anything that is not a report of this format. A later one is refused as a whole.
  package static func states(in body: [UInt8]) throws(JSONError) -> [[UInt8]] {
    var found: [[UInt8]] = []
    try ReportFormat.read(body, "states") { (reader: inout JSONReader) throws(JSONError) in
      try reader.readArray { (reader: inout JSONReader) throws(JSONError) in
        guard found.count < maximumStates else {
          throw reader.unexpected("at most \(maximumStates) states")
        }
        guard let state = Base64.decode(try reader.readString()) else {
          throw reader.unexpected("a state in Base64")
        }
        found.append(state)
      }
    }
    return found
  }
}
