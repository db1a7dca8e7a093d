/// The value of one field of a log record.
///
/// A secret is never a plain string: wrap it in `Redacted` where it enters the process.
package enum LogValue: Hashable, Sendable {
  case string(String)
  case int(Int64)
  case double(Double)
  case bool(Bool)
  /// Written as Go writes durations: `1m30s`, `15ms`.
  case duration(Duration)

  package static func int(_ value: Int) -> LogValue { .int(Int64(value)) }

  /// Any value by its description.
  package static func describing(_ value: some CustomStringConvertible) -> LogValue {
    .string(value.description)
  }

  /// Always `[redacted]`.
  package static func redacted(_ value: Redacted) -> LogValue { .string(value.description) }
}

extension LogValue: ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral
{
  package init(stringLiteral value: String) { self = .string(value) }
  package init(integerLiteral value: Int64) { self = .int(value) }
  package init(floatLiteral value: Double) { self = .double(value) }
  package init(booleanLiteral value: Bool) { self = .bool(value) }
}

/// The fields of a log record, in the order in which they are written.
package struct LogFields: Hashable, Sendable, ExpressibleByDictionaryLiteral {
  package struct Field: Hashable, Sendable {
    package var name: String
    package var value: LogValue

    package init(name: String, value: LogValue) {
      self.name = name
      self.value = value
    }
  }

  package private(set) var all: [Field]

  package init(_ fields: [Field] = []) {
    all = fields
  }

  package init(dictionaryLiteral elements: (String, LogValue)...) {
    all = elements.map { Field(name: $0.0, value: $0.1) }
  }

  /// Adds a field at the end; does nothing when there is no value.
  package mutating func append(_ name: String, _ value: LogValue?) {
    guard let value else { return }
    all.append(Field(name: name, value: value))
  }
}
