/// Writes the sample lines of one family.
struct SampleText {
  private let format: ExpositionFormat
  private let name: [UInt8]
  /// `name="` for each label, with the comma that comes before all but the first.
  private let labelStarts: [[UInt8]]
  /// `name="value",…` of the series being written, without braces.
  private(set) var labels: [UInt8] = []
  private(set) var bytes: [UInt8] = []

  init(_ definition: MetricDefinition, format: ExpositionFormat) {
    self.format = format
    name = Array(definition.name.utf8)
    labelStarts = definition.labels.enumerated().map { index, label in
      Array("\(index == 0 ? "" : ",")\(label)=\"".utf8)
    }
  }

  /// The lines that follow belong to these label values.
  mutating func begin(labelValues: [String]) {
    labels.removeAll(keepingCapacity: true)
    for (start, value) in zip(labelStarts, labelValues) {
      labels += start
      Self.appendEscaped(value, quotes: true, to: &labels)
      labels.append(UInt8(ascii: "\""))
    }
  }

  /// One line; a bound becomes the label `le`.
  mutating func append(suffix: String, bound: Double? = nil, value: String) {
    bytes += name
    bytes.append(contentsOf: suffix.utf8)
    if bound != nil || !labels.isEmpty {
      bytes.append(UInt8(ascii: "{"))
      bytes += labels
      if let bound {
        bytes.append(contentsOf: "\(labels.isEmpty ? "" : ",")le=\"\(text(bound: bound))\"".utf8)
      }
      bytes.append(UInt8(ascii: "}"))
    }
    bytes.append(UInt8(ascii: " "))
    bytes.append(contentsOf: value.utf8)
    bytes.append(UInt8(ascii: "\n"))
  }

  /// A sample's value: whole numbers without a fraction, `NaN`, `+Inf`, `-Inf`.
  static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    guard value.isInfinite else { return NumberText.text(value) }
    return value < 0 ? "-Inf" : "+Inf"
  }

  /// Escapes as both formats want it: backslashes, newlines and, where asked, quotes. Those bytes
  /// stand for nothing else in UTF-8.
  static func appendEscaped(_ text: String, quotes: Bool, to result: inout [UInt8]) {
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\\"): result.append(contentsOf: "\\\\".utf8)
      case UInt8(ascii: "\n"): result.append(contentsOf: "\\n".utf8)
      case UInt8(ascii: "\"") where quotes: result.append(contentsOf: "\\\"".utf8)
      default: result.append(byte)
      }
    }
  }

  /// As the Go client writes `le`: `1` in the text format, and `1.0` in OpenMetrics, which wants
  /// every bound to look like a floating-point number.
  private func text(bound: Double) -> String {
    let text = Self.number(bound)
    guard format == .openMetrics, bound.isFinite, !text.contains("."), !text.contains("e") else {
      return text
    }
    return text + ".0"
  }
}
