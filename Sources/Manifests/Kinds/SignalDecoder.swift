internal import Forecasting
internal import Scaling

/// Decodes the signals of one policy, one after the other.
struct SignalDecoder {
  private(set) var signals: [Signal] = []
  private(set) var references: [SourceReference] = []
  private(set) var calendars: [CalendarReference] = []
  private(set) var calendarSchedules: [CalendarSchedule] = []
  /// What signals that are fetched leave out.
  private(set) var leftOut: OldDefaults = []
  private let policy: ResourceName
  private let leadTime: Duration
  private let limits: ReplicaLimits
  private let decoder: ManifestDecoder

  init(
    policy: ResourceName, leadTime: Duration, limits: ReplicaLimits, decoder: ManifestDecoder
  ) {
    self.policy = policy
    self.leadTime = leadTime
    self.limits = limits
    self.decoder = decoder
  }

  /// Appends a signal, or reports why it is none.
  mutating func decode(_ value: ManifestValue) {
    guard let fields = value.mapping() else { return }
    let name = fields.optional("name")
    let leadTime = fields.optional("leadTime")?.duration(in: .zero...ManifestLimits.week)
    let requiredField = fields.optional("required")
    let required = requiredField?.boolean() ?? true
    let holdField = fields.optional("hold")
    let hold = holdField?.hold()
    let observe = fields.optional("observe")?.boolean() ?? false
    let words: [StaticString] = ["forecast", "schedule", "prometheus", "http"]
    let kinds = words.compactMap { word in
      fields.optional(word).map { (word: word.description, value: $0) }
    }
    if kinds.isEmpty, let type = fields.first("type") {
      value.error(PolicyFieldHome.advice(forTriggerOf: type.node.bytes))
      return
    }
    fields.reportUnknown(elsewhere: PolicyFieldHome.advice)
    guard let (word, content) = kinds.first else {
      let hint = words.first(where: fields.isEmpty).map { "; \($0) is empty here, write \($0): {}" }
      value.error(
        "expected one of forecast, schedule, prometheus and http, found none of them\(hint ?? "")")
      return
    }
    if kinds.count > 1 {
      let second = kinds[1]
      second.value.error(
        "\(word) is given too; a signal has exactly one of forecast, schedule, prometheus and http")
    }
    // Decoded even when the name is bad, so that all errors are reported at once.
    let kind = decodeKind(word, content, leadTime: leadTime ?? self.leadTime)
    let title = name?.title() ?? word
    if signals.contains(where: { $0.name == title }) {
      (name ?? value).error(
        name == nil
          ? "another signal is named \(quoted(title)) already, the default of \(word); "
            + "give this one a name"
          : "another signal is named \(quoted(title)) already; names are unique within a policy")
    }
    guard let kind else { return }
    if word != "schedule" {
      if requiredField == nil { leftOut.insert(.required) }
      if holdField == nil { leftOut.insert(.hold) }
    }
    signals.append(
      Signal(
        name: title, leadTime: leadTime, required: required, hold: hold, observe: observe,
        kind: kind))
  }

  private mutating func decodeKind(
    _ word: String, _ value: ManifestValue, leadTime: Duration
  ) -> Signal.Kind? {
    switch word {
    case "forecast": forecast(value, leadTime: leadTime).map { .forecast($0) }
    case "schedule":
      schedule(value).map { .schedule($0) }
    case "http": http(value).map { .prometheus($0) }
    default: prometheus(value).map { .prometheus($0) }
    }
  }

  private mutating func schedule(_ value: ManifestValue) -> Schedule? {
    var schedule = ScheduleDecoder(
      limits: limits, decoder: decoder, namespace: policy.namespace)
    let decoded = schedule.decode(value)
    calendars += schedule.calendars
    if let found = schedule.calendarSchedule { calendarSchedules.append(found) }
    return decoded
  }

  private mutating func forecast(_ value: ManifestValue, leadTime: Duration) -> ForecastSignal? {
    guard let fields = value.mapping() else { return nil }
    let prometheus = fields.optional("prometheus")
    let http = fields.optional("http")
    let workload = fields.optional("workload")
    let ages = Duration.seconds(1)...ManifestLimits.week
    let age = fields.optional("maxAge")
    let maxAge = age?.duration(in: ages)
    let builtIn = BuiltInForecastFields(fields)
    var plan = ForecastPlanFields(fields).decode(isBuiltIn: prometheus != nil)
    let options = RequestOptionsFields.decode(fields, parameters: nil)
    guard let prometheus else {
      builtIn.refuse()
      var signal: ForecastSignal
      if let http {
        refuseForecaster(fields, beside: "http")
        guard let (source, query, options) = series(http) else { return nil }
        signal = ForecastSignal(source: source, query)
        signal.maxAge = maxAge
        signal.options = options
      } else {
        signal = ForecastSignal(
          source: source(.forecaster, of: fields),
          workload: workload?.title(longest: 253) ?? policy.name, maxAge: maxAge)
        signal.options = options
      }
      fields.reportUnknown(elsewhere: PolicyFieldHome.adviceInForecast)
      signal.plan = plan.isEmpty ? nil : plan
      return signal
    }
    http?.error("prometheus is given too; a forecast has exactly one of prometheus and http")
    _ = http.flatMap { series($0) }
    refuseForecaster(fields, beside: "prometheus")
    let query = self.prometheus(prometheus, isHistory: true)
    fields.reportUnknown(elsewhere: PolicyFieldHome.adviceInForecast)
    guard let query else { return nil }
    return builtIn.decode(query, at: prometheus, leadTime: leadTime, decoder).map {
      var model = $0
      // It is applied to the load, before that becomes replicas.
      model.headroom = plan.headroom
      plan.headroom = 1
      var signal = ForecastSignal(model)
      signal.maxAge = maxAge
      signal.plan = plan.isEmpty ? nil : plan
      return signal
    }
  }

  private func refuseForecaster(_ fields: ManifestFields, beside other: String) {
    for name in ["source", "workload", "headers", "timeout", "refresh"] as [StaticString] {
      fields.optional(name)?.error(
        "belongs to a forecaster's forecast, and \(other) is given too; a forecast has exactly one"
          + " of \(other) and source with workload")
    }
  }

  /// Where a data source of type `http` has the series of a forecast.
  private mutating func series(
    _ value: ManifestValue
  ) -> (source: String, query: JSONQuery, options: RequestOptions?)? {
    guard let fields = value.mapping() else { return nil }
    let source = source(.http, of: fields)
    let query = JSONQueryFields.decode(fields)
    let options = RequestOptionsFields.decode(fields, parameters: .http)
    fields.reportUnknown(elsewhere: PolicyFieldHome.advice)
    return query.map { (source, $0, options) }
  }

  /// The live value of a data source of type `http`.
  private mutating func http(_ value: ManifestValue) -> PrometheusSignal? {
    guard let fields = value.mapping() else { return nil }
    let source = source(.http, of: fields)
    let query = JSONQueryFields.decode(fields)
    let threshold = fields.required("threshold", example: "100")?.number(atLeast: 0, orEqual: false)
    let activation = fields.optional("activationThreshold")?.number(atLeast: 0)
    let onEmpty = fields.optional("onEmpty")?.choice(Self.meaningsOfEmpty)
    let options = RequestOptionsFields.decode(fields, parameters: .http)
    fields.reportUnknown(elsewhere: PolicyFieldHome.advice)
    guard let query, let threshold else { return nil }
    var signal = PrometheusSignal(
      source: source, query: "", threshold: threshold, activationThreshold: activation ?? 0,
      onEmpty: onEmpty ?? .error)
    signal.json = query
    signal.options = options
    return signal
  }

  private static let meaningsOfEmpty = [("error", EmptyResult.error), ("zero", .zero)]

  /// - Parameter isHistory: whether the history of the query is learnt; the fields for a live value
  ///   mean nothing then.
  private mutating func prometheus(
    _ value: ManifestValue, isHistory: Bool = false
  ) -> PrometheusSignal? {
    guard let fields = value.mapping() else { return nil }
    let source = source(.prometheus, of: fields)
    let query = fields.required("query", example: "sum(rate(http_requests_total[1m]))")?.promQL()
    let threshold = fields.required("threshold", example: "100")?.number(atLeast: 0, orEqual: false)
    let activation = fields.optional("activationThreshold")?.number(atLeast: 0)
    let options = RequestOptionsFields.decode(
      fields, parameters: .prometheus, hasRefresh: !isHistory)
    if isHistory {
      fields.reportUnknown(elsewhere: PolicyFieldHome.adviceInForecast)
      guard let query, let threshold else { return nil }
      var signal = PrometheusSignal(
        source: source, query: query, threshold: threshold, activationThreshold: activation ?? 0)
      signal.options = options
      return signal
    }
    let onEmpty = fields.optional("onEmpty")?.choice(Self.meaningsOfEmpty)
    let filter = fields.optional("uptimeFilter")
    let cooldown = fields.optional("uptimeCooldown")
    if let cooldown, filter == nil {
      cooldown.warning("has no effect without uptimeFilter")
    }
    let evidence = fields.optional("evidence")
    let settles = fields.optional("evidenceSettles")
    if let settles, evidence == nil { settles.warning("has no effect without evidence") }
    var signal = PrometheusSignal(
      source: source, query: query ?? "", threshold: threshold ?? 1,
      activationThreshold: activation ?? 0, onEmpty: onEmpty ?? .error,
      uptimeFilter: filter?.labelMatchers(),
      uptimeCooldown: cooldown?.wholeSeconds() ?? Policy.Defaults.uptimeCooldown,
      evidence: evidence?.evidence(for: query ?? ""),
      evidenceSettles: settles?.duration(in: .zero...ManifestLimits.week)
        ?? Policy.Defaults.evidenceSettles)
    signal.options = options
    fields.reportUnknown(elsewhere: PolicyFieldHome.advice)
    return signal
  }

  /// The name of the data source, `default` when absent; one of type `http` has to be named.
  private mutating func source(_ kind: DataSource.Kind, of fields: ManifestFields) -> String {
    let field = kind == .http ? fields.required("source") : fields.optional("source")
    guard kind != .http || field != nil else { return "" }
    if let field, field.holdsAddress {
      field.error(
        "expected the name of a DataSource, found an address: define it with kind: DataSource, and write"
          + " its name here")
      return ""
    }
    let name = field?.objectName()
    guard field == nil || name != nil else { return "" }
    references.append(
      SourceReference(
        kind: kind, name: name ?? "default", namespace: policy.namespace,
        position: (field ?? fields.value).node.position,
        path: field?.path ?? "\(fields.value.path).source"))
    return name ?? "default"
  }
}
