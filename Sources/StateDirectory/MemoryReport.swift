package import HTTPClient
package import Scaling
internal import Telemetry
package import Time

/// What one replica tells another of what its policies last asked: the body of `/api/v1/memory`.
///
/// `{"format": 1, "policies": {"shop/web": {…}}}`, with each policy as `MemoryText` writes it. What
/// comes from another replica is bounded and checked like any other input.
package enum MemoryReport {
  /// More than any replica has in force.
  private static let maximumPolicies = 300_000
  /// More than 100,000 policies take.
  package static let maximumBytes = 64 << 20

  package static func text(of policies: [String: PolicyMemory], at now: Instant) -> [UInt8] {
    var json = JSONWriter()
    json.object { json in
      json.field("format", ReportFormat.version)
      json.field(object: "policies") { json in
        for (key, memory) in policies {
          json.field(object: key) { MemoryText.write(memory, at: now, to: &$0) }
        }
      }
    }
    return json.bytes
  }

  /// - Parameter now: when it was asked for, which its ages count from.
  /// - Throws: for anything that is not a report of this format. A later one is refused as a whole.
  package static func policies(
    in body: [UInt8], at now: Instant
  ) throws(JSONError) -> [String: PolicyMemory] {
    var found: [String: PolicyMemory] = [:]
    try ReportFormat.read(body, "policies") { (reader: inout JSONReader) throws(JSONError) in
      found = try policies(from: &reader, at: now)
    }
    return found
  }

  private static func policies(
    from reader: inout JSONReader, at now: Instant
  ) throws(JSONError) -> [String: PolicyMemory] {
    var found: [String: PolicyMemory] = [:]
    try reader.readObject { (reader: inout JSONReader, key: String) throws(JSONError) in
      guard found.count < maximumPolicies else {
        throw reader.unexpected("at most \(maximumPolicies) policies")
      }
      var fields = MemoryText.Fields(at: now)
      try reader.readObject { (reader: inout JSONReader, name: String) throws(JSONError) in
        if try !fields.read(name, from: &reader) { try reader.skipValue() }
      }
      found[key] = fields.memory
    }
    return found
  }
}
