internal import Forecasting
internal import Scaling
internal import Time

/// The fields of a `forecast` with `prometheus` that say how its history is learnt.
struct BuiltInForecastFields {
  private let quantile: ManifestValue?
  private let step: ManifestValue?
  private let history: ManifestValue?
  private let bucket: ManifestValue?
  private let timeZone: ManifestValue?
  private let outages: ManifestValue?
  private let exclude: ManifestValue?
  private let forecast: ManifestValue

  init(_ fields: ManifestFields) {
    quantile = fields.optional("quantile")
    step = fields.optional("step")
    history = fields.optional("history")
    bucket = fields.optional("bucket")
    timeZone = fields.optional("timeZone")
    outages = fields.optional("outages")
    exclude = fields.optional("exclude")
    forecast = fields.value
  }

  /// Reports each field of a forecast that a forecaster makes: it would have no effect.
  func refuse() {
    for field in [quantile, step, history, bucket, timeZone, outages, exclude].compactMap(\.self) {
      field.error(
        "belongs to a forecast that Headstart makes itself; give prometheus with a query and a"
          + " threshold too, or leave this out")
    }
  }

  /// - Parameters:
  ///   - query: source, query and thresholds.
  ///   - place: where they stand.
  /// - Returns: nil after an error has been reported.
  func decode(
    _ query: PrometheusSignal, at place: ManifestValue, leadTime: Duration,
    _ decoder: ManifestDecoder
  ) -> BuiltInForecast? {
    let quantile = quantile.map { $0.quantile() }
    let history = history.map { $0.duration(in: BuiltInForecast.histories) }
    let bucket = bucket.map {
      $0.choice(BuiltInForecast.Bucket.allCases.map { ($0.rawValue, $0) })
    }
    let zone = timeZone.map {
      ScheduleDecoder(limits: ReplicaLimits(), decoder: decoder).timeZone($0)
    }
    let ignores = outages.map { $0.choice([("ignore", true), ("learn", false)]) }
    let exclusions = exclude.map { $0.spans() } ?? []
    guard let step = step(for: leadTime), let exclusions else { return nil }
    if timeZone == nil {
      forecast.warning(
        "no timeZone is given, so that days and weeks follow UTC; write timeZone: UTC if that is"
          + " meant")
    }
    warnOfRange(query.query, step: step, at: place)
    var forecast = BuiltInForecast(
      source: query.source, query: query.query, threshold: query.threshold,
      activationThreshold: query.activationThreshold,
      quantile: (quantile ?? nil) ?? BuiltInForecast.Defaults.quantile, step: step,
      leadTime: leadTime, history: (history ?? nil) ?? BuiltInForecast.Defaults.history,
      bucket: (bucket ?? nil) ?? .max, timeZone: (zone ?? nil) ?? BuiltInForecast.Defaults.timeZone,
      ignoresOutages: (ignores ?? nil) ?? true,
      exclusions: exclusions.sorted { $0.lowerBound < $1.lowerBound })
    forecast.options = query.options
    return forecast
  }

  /// The length of a bucket: the one that is given, or what follows from the lead time.
  private func step(for leadTime: Duration) -> Duration? {
    guard leadTime > .zero, let usual = ForecastParameters.defaultStep(leadTime: leadTime) else {
      forecast.error(
        "a forecast of a query needs a lead time above 0s and of at most 24h, found"
          + " \(leadTime.text); set leadTime of the signal or of the policy")
      return nil
    }
    guard let field = step else { return usual }
    let steps = ForecastParameters.steps
    guard let step = field.duration(in: steps[0]...steps[steps.count - 1]) else { return nil }
    guard steps.contains(step) else {
      field.error(
        expected: "one of \(steps.map(\.text).joined(separator: ", "))")
      return nil
    }
    guard leadTime <= step * ForecastParameters.longestLead else {
      field.error(
        "the lead time of \(leadTime.text) is more than \(ForecastParameters.longestLead) steps of"
          + " \(step.text); write step: \(usual.text)")
      return nil
    }
    return step
  }

  /// The query is evaluated every so often. What lies between its ranges is not seen.
  private func warnOfRange(_ query: String, step: Duration, at place: ManifestValue) {
    let resolution = BuiltInForecast.resolution(step: step)
    guard let range = PromQLRange.shortest(in: query), range < resolution else { return }
    place.warning(
      "the query looks back \(range.text) and is evaluated every \(resolution.text), so that what is"
        + " in between is not seen; write [\(resolution.text)]")
  }
}

extension ManifestValue {
  /// A list of spans of time, each `START/END`; nil after an error.
  fileprivate func spans() -> [Range<Instant>]? {
    guard let items = list(atMost: ManifestLimits.dates) else { return nil }
    let spans = items.compactMap { $0.span() }
    return spans.count == items.count ? spans : nil
  }

  private func span() -> Range<Instant>? {
    let expected = "a span of time such as 2026-11-02T08:00Z/2026-11-02T12:30Z"
    guard let text = text(expected: expected) else { return nil }
    let ends = text.split(separator: "/", omittingEmptySubsequences: false)
      .map { try? Instant(rfc3339: $0.withSeconds) }
    guard ends.count == 2, let start = ends[0], let end = ends[1] else {
      error(expected: expected)
      return nil
    }
    guard start < end else {
      error(expected: "\(expected), which begins before it ends")
      return nil
    }
    return start..<end
  }
}

extension Substring {
  /// A time to the minute, as people write it, with the seconds that RFC 3339 wants.
  fileprivate var withSeconds: String {
    let head = "2026-11-02T08:00".utf8.count
    guard utf8.count > head, utf8.allSatisfy({ $0 < 0x80 }) else { return String(self) }
    let end = index(startIndex, offsetBy: head)
    return self[end] == ":" ? String(self) : "\(self[..<end]):00\(self[end...])"
  }
}

extension ManifestValue {
  /// A quantile, of which people write the per cent: `90`, `p90`, `90%`.
  fileprivate func quantile() -> Double? {
    number(in: ForecastParameters.quantiles) { text in
      let digits = text.lowercased().filter { $0 != "p" && $0 != "%" }
      guard let percent = Int(digits), (50...99).contains(percent) else { return nil }
      return "write 0.\(percent)"
    }
  }
}
