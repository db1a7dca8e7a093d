internal import Forecasting
package import Scaling
internal import Time

/// Values to try out for one number of a policy: `quantile=0.5..0.99`, `leadTime=5m,10m`,
/// `threshold=80,100`.
package struct PolicySweep: Hashable, Sendable {
  package enum Parameter: String, Hashable, Sendable, CaseIterable {
    /// Of the built-in forecasts.
    case quantile
    /// Of the policy; signals with one of their own get it too.
    case leadTime
    /// Of queries and built-in forecasts. What a replica carries stays as it is.
    case threshold

    /// As people say it.
    package var name: String { self == .leadTime ? "lead time" : rawValue }
  }

  package let parameter: Parameter
  /// Ascending; a lead time in seconds.
  package let values: [Double]

  /// A sweep that makes no sense, and why: one sentence.
  package struct Invalid: Error, Hashable, CustomStringConvertible {
    package let description: String
  }

  /// A policy with other numbers.
  package struct Variant: Hashable, Sendable {
    package let policy: Policy
    /// The values that were put in, as people write them, one for each sweep.
    package let values: [String]
    /// What to call it in a table; nil for the policy's name.
    package var label: String?

    package init(policy: Policy, values: [String], label: String? = nil) {
      self.policy = policy
      self.values = values
      self.label = label
    }
  }

  /// The quantiles that a range stands for, besides its ends.
  private static let quantiles = [0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.925, 0.95, 0.975, 0.99]
  /// How many values any other range stands for.
  private static let steps = 5
  /// More take a day.
  private static let most = 1000

  // MARK: Reading

  /// - Parameter text: `NAME=VALUE,…`, where a value can be a range `FROM..TO`.
  package init(_ text: String) throws(Invalid) {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let parameter = Parameter(rawValue: String(parts[0])) else {
      throw Invalid(
        description: "\"\(text.prefix(60))\" is no sweep: write quantile=0.5..0.99,"
          + " leadTime=5m,10m,20m or threshold=80,100")
    }
    var values: [Double] = []
    for item in parts[1].split(separator: ",", omittingEmptySubsequences: false) {
      values += try Self.values(of: parameter, String(item))
    }
    self.parameter = parameter
    self.values = Set(values).sorted()
  }

  private static func values(
    of parameter: Parameter, _ text: String
  ) throws(Invalid) -> [Double] {
    guard let dots = dots(in: text) else { return [try value(of: parameter, text)] }
    return try range(
      of: parameter, String(text[..<dots]), String(text[text.index(dots, offsetBy: 2)...]))
  }

  /// Where `..` begins.
  private static func dots(in text: String) -> String.Index? {
    text.indices.first { text[$0...].hasPrefix("..") }
  }

  private static func range(
    of parameter: Parameter, _ first: String, _ last: String
  ) throws(Invalid) -> [Double] {
    let low = try value(of: parameter, first)
    let high = try value(of: parameter, last)
    guard low < high else {
      throw Invalid(
        description: "the range \(first)..\(last) of \(parameter.rawValue) is reversed or empty")
    }
    if parameter == .quantile {
      return [low, high] + quantiles.filter { low < $0 && $0 < high }
    }
    return (0...steps - 1).map { step in
      let value = low + (high - low) * Double(step) / Double(steps - 1)
      return parameter == .leadTime ? value.rounded() : value
    }
  }

  private static func value(of parameter: Parameter, _ text: String) throws(Invalid) -> Double {
    let expected: String
    switch parameter {
    case .quantile:
      if let value = Double(text), ForecastParameters.quantiles.contains(value) { return value }
      expected = "a number from 0.5 to 0.99, such as 0.9"
    case .leadTime:
      if let lead = try? Duration(text: text), lead >= .zero, lead <= .seconds(7 * 86_400),
        lead.components.attoseconds == 0
      {
        return Double(lead.components.seconds)
      }
      expected = "whole seconds up to 7d, such as 10m"
    case .threshold:
      if let value = Double(text), value > 0, value.isFinite { return value }
      expected = "a number above 0"
    }
    throw Invalid(
      description: "\(parameter.rawValue) is \"\(text.prefix(60))\", expected \(expected)")
  }

  // MARK: Applying

  /// Every combination of the values; the policy itself where there are no sweeps.
  ///
  /// - Throws: `Invalid` where a value has no effect, or is impossible for the policy.
  package static func variants(
    of policy: Policy, _ sweeps: [PolicySweep]
  ) throws(Invalid) -> [Variant] {
    let count = sweeps.reduce(1) { $0 > most ? $0 : $0 * $1.values.count }
    guard count <= most else {
      throw Invalid(
        description: "the sweeps make more than \(most) combinations: give fewer values")
    }
    var variants = [Variant(policy: policy, values: [])]
    for sweep in sweeps {
      var next: [Variant] = []
      for variant in variants { next += try sweep.applied(to: variant) }
      variants = next
    }
    return variants
  }

  private func applied(to variant: Variant) throws(Invalid) -> [Variant] {
    var variants: [Variant] = []
    for value in values {
      variants.append(
        Variant(
          policy: try setting(value, in: variant.policy), values: variant.values + [text(of: value)]
        ))
    }
    return variants
  }

  private func text(of value: Double) -> String {
    switch parameter {
    case .leadTime: Duration.seconds(Int64(value)).text
    case .quantile: NumberFormat.trimmed(value, digits: 4)
    case .threshold: NumberFormat.plain(value)
    }
  }

  private func setting(_ value: Double, in policy: Policy) throws(Invalid) -> Policy {
    var changed = policy
    if parameter == .leadTime { changed.leadTime = .seconds(Int64(value)) }
    var isUsed = parameter == .leadTime
    for index in changed.signals.indices {
      if parameter == .leadTime { changed.signals[index].leadTime = nil }
      switch changed.signals[index].kind {
      case .prometheus(var query) where parameter == .threshold && query.switchedTo == nil:
        query.threshold = value
        changed.signals[index].kind = .prometheus(query)
        isUsed = true
      case .forecast(var forecast):
        guard var model = forecast.builtIn else { continue }
        try set(value, in: &model)
        forecast.origin = .builtIn(Shared(model))
        changed.signals[index].kind = .forecast(forecast)
        isUsed = true
      case .prometheus, .schedule: continue
      }
    }
    guard isUsed else {
      throw Invalid(
        description: "\(policy.name) has no \(parameter == .quantile ? "forecast" : "query") with a"
          + " \(parameter.rawValue): nothing would change")
    }
    return changed
  }

  private func set(_ value: Double, in model: inout BuiltInForecast) throws(Invalid) {
    switch parameter {
    case .quantile: model.quantile = value
    case .threshold: model.threshold = value
    case .leadTime:
      let lead = Duration.seconds(Int64(value))
      guard lead > .zero, let usual = ForecastParameters.defaultStep(leadTime: lead) else {
        throw Invalid(
          description:
            "leadTime is \(lead.text), but a forecast of a query needs one above 0s and of"
            + " at most 24h")
      }
      // A step that was chosen stays, as long as it is possible.
      if model.step == ForecastParameters.defaultStep(leadTime: model.leadTime)
        || lead > model.step * ForecastParameters.longestLead
      {
        model.step = usual
      }
      model.leadTime = lead
    }
  }
}
