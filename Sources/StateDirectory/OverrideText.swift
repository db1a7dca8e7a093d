package import HTTPClient
package import Scaling
package import Telemetry
internal import Time

/// Overrides as JSON: what the API lists, what replicas tell each other, and what the state directory
/// keeps. Times are times and not ages: an override ends by the clock.
package enum OverrideText {
  /// The fields of one override, for the object that `json` is in.
  package static func write(_ override: Override, to json: inout JSONWriter) {
    json.field("id", override.id)
    json.field("namespace", override.policy.namespace)
    json.field("name", override.policy.name)
    json.field("atLeast", override.bounds.lower)
    json.field("atMost", override.bounds.upper)
    json.field("frozen", override.isFrozen)
    json.field("since", override.since.rfc3339Milliseconds)
    json.field("until", override.until.rfc3339Milliseconds)
    json.field("reason", override.reason)
    json.field("ended", override.ended?.rfc3339Milliseconds)
  }

  /// `{"overrides": [{…}]}`.
  package static func text(of overrides: [Override]) -> [UInt8] {
    var json = JSONWriter()
    json.object { json in
      json.field(array: "overrides") { json in
        for override in overrides { json.object { write(override, to: &$0) } }
      }
    }
    return json.bytes
  }

  /// Reads what `text` writes. Fields that are not known are passed over.
  package static func overrides(in body: [UInt8]) throws(JSONError) -> [Override] {
    var reader = JSONReader(body)
    var found: [Override] = []
    try reader.readObject { (reader: inout JSONReader, key: String) throws(JSONError) in
      guard key == "overrides" else { return try reader.skipValue() }
      try reader.readArray { (reader: inout JSONReader) throws(JSONError) in
        guard found.count < Override.Limits.total else {
          throw reader.unexpected("at most \(Override.Limits.total) overrides")
        }
        found.append(try override(from: &reader))
      }
    }
    try reader.finish()
    return found
  }

  static func override(from reader: inout JSONReader) throws(JSONError) -> Override {
    var fields = Fields()
    try reader.readObject { (reader: inout JSONReader, key: String) throws(JSONError) in
      try fields.read(key, from: &reader)
    }
    guard let override = fields.override else {
      throw reader.unexpected("an override with id, name, since, until and bounds before this")
    }
    return override
  }

  private struct Fields {
    private var id = ""
    private var namespace: String?
    private var name = ""
    private var atLeast: Int?
    private var atMost: Int?
    private var isFrozen = false
    private var since: Instant?
    private var until: Instant?
    private var reason = ""
    private var ended: Instant?

    mutating func read(_ key: String, from reader: inout JSONReader) throws(JSONError) {
      guard !reader.takeNull() else { return }
      switch key {
      case "id": id = try text(from: &reader, longest: 64)
      case "namespace": namespace = try text(from: &reader, longest: 253)
      case "name": name = try text(from: &reader, longest: 253)
      case "atLeast": atLeast = try replicas(from: &reader)
      case "atMost": atMost = try replicas(from: &reader)
      case "frozen": isFrozen = try reader.readBool()
      case "since": since = try instant(from: &reader)
      case "until": until = try instant(from: &reader)
      case "reason": reason = try text(from: &reader, longest: Override.Limits.reason)
      case "ended": ended = try instant(from: &reader)
      default: try reader.skipValue()
      }
    }

    var override: Override? {
      guard !id.isEmpty, !name.isEmpty, let since, let until,
        let bounds = Override.Bounds(atLeast: atLeast, atMost: atMost, isFrozen: isFrozen)
      else { return nil }
      return Override(
        id: id, policy: ResourceName(namespace: namespace, name: name), bounds: bounds,
        since: since, until: until, reason: reason, ended: ended)
    }

    private func text(
      from reader: inout JSONReader, longest: Int
    ) throws(JSONError) -> String {
      let text = try reader.readString()
      guard text.utf8.count <= longest else {
        throw reader.unexpected("a text of at most \(longest) bytes before this")
      }
      return text
    }

    private func replicas(from reader: inout JSONReader) throws(JSONError) -> Int {
      let count = try reader.readInt()
      guard (0...Override.Limits.replicas).contains(count) else {
        throw reader.unexpected("0 to \(Override.Limits.replicas) replicas before this")
      }
      return count
    }

    private func instant(from reader: inout JSONReader) throws(JSONError) -> Instant {
      do {
        return try Instant(rfc3339: try reader.readString())
      } catch {
        throw reader.unexpected("a time as in RFC 3339 before this")
      }
    }
  }
}

extension Override {
  fileprivate var isFrozen: Bool { if case .frozen = bounds { true } else { false } }
}
