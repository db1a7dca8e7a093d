internal import Forecasting
internal import Scaling
internal import Time

/// Makes a policy of the signals that a trigger's metadata holds (design, section 4): KEDA's cron and
/// prometheus triggers as they are.
struct TriggerPolicy {
  let trigger: TriggerMetadata
  let object: ScaledObject
  let catalog: Catalog
  let defaults: PolicyDefaults
  let zones: any TimeZoneDatabase
  /// The trigger's own; nil for that of the defaults.
  let leadTime: Duration?

  /// The namespace and the name of the ScaledObject, and a hash of the metadata.
  var name: ResourceName {
    ResourceName(
      namespace: object.namespace.isEmpty ? nil : object.namespace,
      name: "\(object.name)@\(trigger.hash)")
  }

  /// - Throws: `invalidReference` that names the key, and what would be accepted; `noZones`.
  func policy() throws(AnswerError) -> Policy {
    var policy = Policy(
      name: name, leadTime: defaults.leadTime,
      hold: defaults.hold(whenUnavailable: defaults.whenUnavailable), signals: [],
      whenUnavailable: defaults.whenUnavailable)
    if let hold = trigger["hold"] {
      do {
        policy.hold = try Hold(text: hold)
      } catch {
        throw invalid("hold", "expected forever or a duration such as 5m: \(error)")
      }
    }
    policy.limits = try limits()
    if let schedule = try cron() {
      policy.signals.append(Signal(name: "cron", kind: .schedule(schedule)))
    }
    if let query = try prometheus() {
      policy.signals.append(Signal(name: "prometheus", kind: .prometheus(query)))
    }
    if let forecast = try forecast() {
      policy.signals.append(Signal(name: "forecast", kind: .forecast(ForecastSignal(forecast))))
    }
    guard !policy.signals.isEmpty else {
      let key = TriggerMetadata.keys.first { trigger[$0] != nil } ?? "hold"
      throw invalid(
        key,
        "there is no signal that it could go with: add \"start\", \"end\", \"timezone\" and "
          + "\"desiredReplicas\", or \"query\" and \"threshold\", or leave it out and name a policy "
          + "with \"policy\"")
    }
    return policy
  }

  private func limits() throws(AnswerError) -> ReplicaLimits {
    let least = try count("minReplicas", from: 0) ?? 0
    let most = try count("maxReplicas", from: 0)
    if let most, most < least {
      throw invalid("maxReplicas", "\(most) is below minReplicas, which is \(least)")
    }
    return ReplicaLimits(minReplicas: least, maxReplicas: most)
  }

  // MARK: Cron

  private func cron() throws(AnswerError) -> Schedule? {
    let keys = ["start", "end", "desiredReplicas"]
    guard keys.contains(where: { trigger[$0] != nil }) else {
      guard trigger["timezone"] == nil || wantsForecast else {
        throw missing("start", beside: "timezone", example: "0 9 * * 1-5")
      }
      return nil
    }
    let start = try schedule("start", example: "0 9 * * 1-5")
    let end = try schedule("end", example: "0 18 * * 1-5")
    guard let zone = trigger["timezone"] else {
      throw missing("timezone", beside: "start", example: "Europe/Berlin")
    }
    guard zones.timeZone(named: zone) != nil else { throw unknown(zone) }
    guard let replicas = try count("desiredReplicas", from: 1) else {
      throw missing("desiredReplicas", beside: "start", example: "10")
    }
    let window: CronWindow
    do throws(InvalidCronSchedule) {
      window = try CronWindow(start: start, end: end)
    } catch {
      throw invalid("end", "\(error)")
    }
    return Schedule(
      timeZone: zone, rules: [ScheduleRule(name: "cron", replicas: replicas, cron: window)])
  }

  private func schedule(_ key: String, example: String) throws(AnswerError) -> String {
    guard let text = trigger[key] else {
      throw missing(key, beside: key == "start" ? "end" : "start", example: example)
    }
    guard !text.hasPrefix("TZ="), !text.hasPrefix("CRON_TZ=") else {
      throw invalid(key, "the zone does not belong here: use metadata \"timezone\"")
    }
    do throws(InvalidCronSchedule) {
      _ = try CronSchedule(text: text)
    } catch {
      let sentence = "\(error)"
      let advice = sentence.contains("; ") ? "" : ": write five fields such as \"\(example)\""
      throw invalid(key, sentence + advice)
    }
    return text
  }

  // MARK: Prometheus

  private func prometheus() throws(AnswerError) -> PrometheusSignal? {
    guard let query = trigger["query"] else {
      guard !wantsForecast else { return nil }
      let keys = [
        "threshold", "activationThreshold", "ignoreNullValues", "namespace", "serverAddress",
        "source", "customHeaders", "queryParameters",
      ]
      if let key = keys.first(where: { trigger[$0] != nil }) {
        throw missing("query", beside: key, example: "sum(rate(http_requests_total[1m]))")
      }
      return nil
    }
    let source = try source()
    guard let threshold = try number("threshold", above: 0) else {
      throw missing("threshold", beside: "query", example: "100")
    }
    let activation = try number("activationThreshold", atLeast: 0) ?? 0
    var signal = PrometheusSignal(
      source: source.name.name, query: query, threshold: threshold,
      activationThreshold: activation, onEmpty: try onEmpty())
    if let namespace = trigger["namespace"] {
      signal.options = RequestOptions(parameters: ["namespace": namespace])
    }
    try check("customHeaders", against: source.headers, of: source, isHeader: true)
    try check("queryParameters", against: source.parameters, of: source, isHeader: false)
    return signal
  }

  // MARK: Forecast

  private var wantsForecast: Bool {
    trigger["forecastQuery"] != nil || trigger["forecast"]?.lowercased() == "true"
  }

  private func forecast() throws(AnswerError) -> BuiltInForecast? {
    if let word = trigger["forecast"], !["true", "false"].contains(word.lowercased()) {
      throw invalid("forecast", "expected \"true\" or \"false\", found \"\(word)\"")
    }
    guard wantsForecast else {
      if let key = ["quantile", "history"].first(where: { trigger[$0] != nil }) {
        throw missing("forecast", beside: key, example: "true")
      }
      return nil
    }
    guard let query = trigger["forecastQuery"] ?? trigger["query"] else {
      throw missing("query", beside: "forecast", example: "sum(rate(http_requests_total[5m]))")
    }
    guard let threshold = try number("threshold", above: 0) else {
      throw missing("threshold", beside: "forecast", example: "100")
    }
    let lead = leadTime ?? defaults.leadTime
    guard lead > .zero, let step = ForecastParameters.defaultStep(leadTime: lead) else {
      throw invalid(
        "leadTime", "a forecast needs a lead time above 0s and of at most 24h, found \(lead.text)")
    }
    let zone = trigger["timezone"] ?? BuiltInForecast.Defaults.timeZone
    guard zones.timeZone(named: zone) != nil else { throw unknown(zone) }
    return BuiltInForecast(
      source: try source().name.name, query: query, threshold: threshold,
      activationThreshold: try number("activationThreshold", atLeast: 0) ?? 0,
      quantile: try quantile(), step: step, leadTime: lead, history: try history(), timeZone: zone)
  }

  private func quantile() throws(AnswerError) -> Double {
    guard let quantile = try number("quantile") else { return BuiltInForecast.Defaults.quantile }
    guard ForecastParameters.quantiles.contains(quantile) else {
      throw invalid(
        "quantile",
        "expected a number from \(ForecastParameters.quantiles.lowerBound) to "
          + "\(ForecastParameters.quantiles.upperBound) such as 0.9, found \"\(trigger["quantile"] ?? "")\""
      )
    }
    return quantile
  }

  private func history() throws(AnswerError) -> Duration {
    guard let text = trigger["history"] else { return BuiltInForecast.Defaults.history }
    let range = BuiltInForecast.histories
    guard let history = try? Duration(text: text), range.contains(history) else {
      throw invalid(
        "history",
        "expected a duration from \(range.lowerBound.daysText) to \(range.upperBound.daysText) such "
          + "as \(BuiltInForecast.Defaults.history.daysText), found \"\(text)\"")
    }
    return history
  }

  private func onEmpty() throws(AnswerError) -> EmptyResult {
    guard let word = trigger["ignoreNullValues"] else { return .error }
    guard let isZero = Bool(go: word.lowercased()) else {
      throw invalid(
        "ignoreNullValues",
        "expected \"true\" (no result is 0) or \"false\" (no result is an error), found \"\(word)\""
      )
    }
    return isZero ? .zero : .error
  }

  /// The data source that the trigger means. Where Headstart connects to is its operator's decision.
  private func source() throws(AnswerError) -> DataSource {
    let name = trigger["source"]
    let named = catalog.dataSource(
      .prometheus, named: name ?? "default", in: object.namespace)
    guard let address = trigger["serverAddress"] else {
      if let named { return named }
      guard let name else {
        throw invalid(
          "query",
          "there is no data source named default for it: name one with metadata "
            + "\"source\" (\(known)), or start Headstart with --prometheus-url")
      }
      throw invalid("source", "there is no data source \"\(name)\" of type prometheus (\(known))")
    }
    if let named, named.hasAddress(address) { return named }
    let same = sources.first { $0.hasAddress(address) }
    guard let same, name == nil else {
      throw invalid(
        "serverAddress",
        name == nil
          ? "no data source has the address \(address): a trigger reaches only the servers that "
            + "the operator of Headstart has named; leave serverAddress out and write metadata "
            + "\"source\" (\(known))"
          : "it is not the address of the data source \"\(name ?? "")\": leave one of them out")
    }
    return same
  }

  /// The Prometheus servers that a trigger of this namespace may name.
  private var sources: [DataSource] {
    catalog.dataSources.values.filter {
      $0.kind == .prometheus && [nil, object.namespace].contains($0.name.namespace)
    }.sorted { $0.key < $1.key }
  }

  private var known: String {
    let names = Set(sources.map(\.name.name)).sorted().prefix(10)
    return names.isEmpty ? "there are none" : "there is " + names.joined(separator: ", ")
  }

  /// What a trigger would send has to be what its data source sends: `A=b,C=d`.
  private func check(
    _ key: String, against given: [String: String], of source: DataSource, isHeader: Bool
  ) throws(AnswerError) {
    guard let text = trigger[key] else { return }
    for pair in text.split(separator: ",") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = parts[0].trimmed
      let value = parts.count == 2 ? parts[1].trimmed : ""
      let isGiven = given.contains {
        $0.value == value
          && (isHeader ? $0.key.lowercased() == name.lowercased() : $0.key == name)
      }
      guard isGiven else {
        // A header may hold a secret and is not shown.
        throw invalid(
          key,
          "the data source \(source.name) does not send \(name) so: its operator sets "
            + "\(isHeader ? "headers" : "parameters") there; leave \(key) out")
      }
    }
  }

  // MARK: Values

  private func count(_ key: String, from least: Int) throws(AnswerError) -> Int? {
    guard let text = trigger[key] else { return nil }
    let digits = text.trimmed
    guard digits.utf8.count <= 7, !digits.isEmpty,
      digits.utf8.allSatisfy({ (48...57).contains($0) }),
      let count = Int(digits), (least...1_000_000).contains(count)
    else {
      throw invalid(key, "expected a whole number from \(least) to 1000000, found \"\(text)\"")
    }
    return count
  }

  private func number(
    _ key: String, above bound: Double? = nil, atLeast least: Double = 0
  ) throws(AnswerError) -> Double? {
    guard let text = trigger[key] else { return nil }
    let digits = text.trimmed
    let isDecimal = digits.utf8.allSatisfy { "0123456789.eE+-".utf8.contains($0) }
    guard isDecimal, let number = Double(digits), number.isFinite, number >= least,
      bound.map({ number > $0 }) ?? true
    else {
      throw invalid(
        key,
        "expected a number \(bound == nil ? "of at least" : "above") 0 such as 100, found "
          + "\"\(text)\"")
    }
    return number
  }

  // MARK: Errors

  private func invalid(_ key: String, _ reason: String) -> AnswerError {
    AnswerError(.invalidReference, "metadata \"\(key)\" of \(object): \(reason)")
  }

  private func unknown(_ zone: String) -> AnswerError {
    // The zone may be right, and this machine is not.
    guard !zones.isMissing else {
      return AnswerError(
        .noZones,
        "metadata \"timezone\" of \(object): \(zones.missing(for: String(zone.prefix(64))))")
    }
    return invalid(
      "timezone",
      "\"\(zone)\" is no IANA time zone such as Europe/Berlin"
        + (zones.advice(for: zone).map { "; \($0)" } ?? ""))
  }

  private func missing(_ key: String, beside other: String, example: String) -> AnswerError {
    AnswerError(
      .invalidReference,
      "metadata \"\(key)\" of \(object) is missing beside \"\(other)\": add it, such as \(key): "
        + "\"\(example)\"")
  }
}

extension DataSource {
  /// Scheme and host without regard to case, the rest exactly, but for slashes at the end.
  fileprivate func hasAddress(_ other: String) -> Bool {
    var other = other[...]
    while other.hasSuffix("/") { other.removeLast() }
    return TriggerServers(allowed: [address]).find(String(other)) != nil
  }
}
