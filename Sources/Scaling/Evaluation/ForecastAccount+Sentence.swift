internal import Time

extension ForecastAccount {
  /// With the step of the peak alone.
  ///
  /// - Parameters:
  ///   - peak: the instant whose step counts.
  ///   - series: what the steps belong to.
  func at(_ peak: Instant?, of series: ForecastSeries?) -> ForecastAccount? {
    guard let peak, let series,
      let index = series.indices(from: peak, to: peak.advanced(byMilliseconds: 1)).first,
      steps.indices.contains(index)
    else { return nil }
    var account = self
    account.steps = [steps[index]]
    return account
  }

  /// What is expected at the one step, why, and how far to trust it:
  ///
  ///     1,290 expected, at most 1,380 with 90 % (Saturdays at this time 1,190, the last hour 8 %
  ///     above its usual); kept 90.4 % of the last 7 days, its loss 41 % below the best simple guess
  ///     (last week)
  package var sentence: String {
    var parts: [String] = []
    if let step = steps.first {
      parts.append(
        "\(LoadText.text(step.expected)) expected, at most \(LoadText.text(step.atMost)) with"
          + " \(LoadText.percent(quantile, digits: 1)) %\(reasons(step))")
    }
    if let stage { parts.append(stage) }
    let kept = kept.map {
      "kept \(LoadText.percent($0, digits: 1)) % of the last \(Self.judged(history))"
    }
    let trust = [kept, loss].compactMap(\.self)
    if !trust.isEmpty { parts.append(trust.joined(separator: ", ")) }
    return parts.joined(separator: "; ")
  }

  private func reasons(_ step: Step) -> String {
    if charge != .regression {
      let share = addition.map { $0 < 0 ? "minus" : "plus" } ?? "plus"
      return
        ", \(charge.value(knowing: history)) \(share) \(LoadText.percent(abs(addition ?? 0))) %, which"
        + " has been the better guess for \(Self.judged(history))"
    }
    let usual = step.usual.map { "\(step.weekday.rawValue)s at this time \(LoadText.text($0))" }
    let last = lastHourAboveUsual.map { share in
      let percent = LoadText.percent(abs(share))
      return percent == "0"
        ? "the last hour as usual"
        : "the last hour \(percent) % \(share < 0 ? "below" : "above") its usual"
    }
    let known = [usual, last].compactMap(\.self)
    return known.isEmpty ? "" : " (\(known.joined(separator: ", ")))"
  }

  private var loss: String? {
    guard charge == .regression, let skill, let bestGuess else { return nil }
    let percent = LoadText.percent(abs(skill))
    let comparison = percent == "0" ? "that of" : "\(percent) % \(skill < 0 ? "above" : "below")"
    return "its loss \(comparison) the best simple guess (\(bestGuess.name(knowing: history)))"
  }

  /// What a forecast was judged by: `7 days`, or less where it does not know as many.
  package static func judged(_ history: Duration) -> String {
    let hours = max(history.components.seconds / 3600, 1)
    return hours < 48 ? "\(hours) h" : "\(min(hours / 24, 7)) days"
  }

}

extension ForecastAccount.Model {
  /// What stands in for last week until a week is known.
  private static let usual = "the usual at this time of day"

  private func isUsual(knowing history: Duration) -> Bool {
    self == .lastWeek && history < .seconds(7 * 86_400)
  }

  /// For people, of a simple guess: `last week`.
  package func name(knowing history: Duration) -> String {
    isUsual(knowing: history) ? Self.usual : rawValue
  }

  /// For people, of a simple guess: `last week's value`.
  package func value(knowing history: Duration) -> String {
    guard !isUsual(knowing: history) else { return Self.usual }
    return switch self {
    case .regression, .lastValue: "the last value"
    case .yesterday: "yesterday's value"
    case .lastWeek: "last week's value"
    }
  }
}

/// Loads and shares as people read them.
enum LoadText {
  /// `1,290` from a hundred on, otherwise three digits at most: `12.3`, `0.05`.
  static func text(_ load: Double) -> String {
    guard load.isFinite, load < 1e15 else { return "\(load)" }
    if load >= 99.95 { return grouped(Int(load.rounded())) }
    return decimal(load, digits: load >= 9.995 ? 1 : 2)
  }

  /// A share in per cent: `90`, `90.4`.
  static func percent(_ share: Double, digits: Int = 0) -> String {
    guard share.isFinite, abs(share) < 1e6 else { return "\(share)" }
    return decimal(share * 100, digits: digits)
  }

  private static func decimal(_ number: Double, digits: Int) -> String {
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    let scaled = Int((number * scale).rounded())
    let (whole, rest) = scaled.quotientAndRemainder(dividingBy: Int(scale))
    guard rest != 0 else { return grouped(whole) }
    var fraction = "\(rest)"
    while fraction.utf8.count < digits { fraction = "0" + fraction }
    while fraction.hasSuffix("0") { fraction.removeLast() }
    return "\(grouped(whole)).\(fraction)"
  }

  private static func grouped(_ number: Int) -> String {
    var groups: [String] = []
    var rest = number
    while rest >= 1000 {
      let group = "\(rest % 1000)"
      groups.insert(String(repeating: "0", count: 3 - group.utf8.count) + group, at: 0)
      rest /= 1000
    }
    return (["\(rest)"] + groups).joined(separator: ",")
  }
}
