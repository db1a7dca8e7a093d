/// Writes the sample lines of one family.
struct SampleText {
  private let format: ExpositionFormat
  private let name: String
  private let labelNames: [String]
  /// `name="value",…` of the series being written, without braces.
  private var labels = ""
  private(set) var bytes: [UInt8] = []

  init(_ definition: MetricDefinition, format: ExpositionFormat) {
    self.format = format
    name = definition.name
    labelNames = definition.labels
  }

  var isEmpty: Bool { bytes.isEmpty }

  /// The lines that follow belong to these label values.
  mutating func begin(labelValues: [String]) {
    labels = ""
    for (name, value) in zip(labelNames, labelValues) {
      if !labels.isEmpty { labels += "," }
      labels += "\(name)=\""
      Self.appendEscaped(value, quotes: true, to: &labels)
      labels += "\""
    }
  }

  /// One line; a bound becomes the label `le`.
  mutating func append(suffix: String, bound: Double? = nil, value: String) {
    bytes.append(contentsOf: name.utf8)
    bytes.append(contentsOf: suffix.utf8)
    if let bound {
      let separator = labels.isEmpty ? "" : ","
      bytes.append(contentsOf: "{\(labels)\(separator)le=\"\(text(bound: bound))\"}".utf8)
    } else if !labels.isEmpty {
      bytes.append(contentsOf: "{\(labels)}".utf8)
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

  /// Escapes as both formats want it: backslashes, newlines and, where asked, quotes.
  static func appendEscaped(_ text: String, quotes: Bool, to result: inout String) {
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\"" where quotes: result += "\\\""
      default: result.unicodeScalars.append(scalar)
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
