/// What a metric family is: declared once, in code, at start.
package struct MetricDefinition: Hashable, Sendable {
  /// As Prometheus's text format shows it: a counter's ends in `_total`.
  package let name: String
  /// One sentence for people.
  package let help: String
  package let type: MetricType
  /// Base unit, or nil for a plain count. The name ends in it (before a counter's `_total`).
  package let unit: MetricUnit?
  /// Label names, in the order in which label values are given.
  package let labels: [String]
  /// Whether the name is another program's, in whose place Headstart is put: dashboards ask for it as
  /// it is, so the rules for names of our own do not hold.
  var isForeign = false

  /// Why a definition cannot be exposed, one sentence; nil when it can.
  var problem: String? {
    guard Self.isName(name) else {
      return "metric name \"\(name)\" must be letters, digits and underscores, no digit first"
    }
    guard !help.isEmpty else { return "metric \(name) needs a help text" }
    guard (type == .counter) == name.hasSuffix("_total") else {
      return "metric \(name): exactly the names of counters end in _total"
    }
    for suffix in ["_count", "_sum", "_bucket", "_created"]
    where name.hasSuffix(suffix) && !isForeign {
      return "metric \(name) may not end in \(suffix), which histograms use"
    }
    if let unit, !family.hasSuffix("_\(unit.rawValue)") {
      return "metric \(name) must end in its unit, _\(unit.rawValue)"
    }
    for label in labels {
      guard Self.isName(label), !label.hasPrefix("__"), label != "le" else {
        return "metric \(name) may not have the label \"\(label)\""
      }
    }
    guard Set(labels).count == labels.count else { return "metric \(name) repeats a label" }
    return nil
  }

  /// The family's name in OpenMetrics, where `_total` belongs to the sample alone.
  var family: String {
    type == .counter ? String(name.dropLast("_total".utf8.count)) : name
  }

  /// Every name under which samples of the family appear, in either format, and the family's own.
  var sampleNames: Set<String> {
    switch type {
    case .counter, .gauge: [name, family]
    case .histogram: [name, "\(name)_bucket", "\(name)_sum", "\(name)_count"]
    }
  }

  /// `[a-zA-Z_][a-zA-Z0-9_]*`; colons are for recording rules.
  private static func isName(_ text: String) -> Bool {
    guard let first = text.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9") ~= first) else {
      return false
    }
    return text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
        true
      default: false
      }
    }
  }
}

/// The types of metrics that Headstart exposes, by their names in the exposition.
package enum MetricType: String, Hashable, Sendable, CaseIterable {
  case counter, gauge, histogram
}

/// Base units; Prometheus asks for nothing else.
package enum MetricUnit: String, Hashable, Sendable, CaseIterable {
  case seconds, bytes
}
