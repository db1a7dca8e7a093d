internal import Scaling

/// Decodes the signals of one policy, one after the other.
struct SignalDecoder {
  private(set) var signals: [Signal] = []
  private(set) var references: [SourceReference] = []
  private let policy: ResourceName
  private let limits: ReplicaLimits
  private let decoder: ManifestDecoder

  init(policy: ResourceName, limits: ReplicaLimits, decoder: ManifestDecoder) {
    self.policy = policy
    self.limits = limits
    self.decoder = decoder
  }

  /// Appends a signal, or reports why it is none.
  mutating func decode(_ value: ManifestValue) {
    guard let fields = value.mapping() else { return }
    let name = fields.optional("name")
    let leadTime = fields.optional("leadTime")?.duration(in: .zero...ManifestLimits.week)
    let required = fields.optional("required")?.boolean() ?? true
    let hold = fields.optional("hold")?.hold()
    let words: [StaticString] = ["forecast", "schedule", "prometheus"]
    let kinds = words.compactMap { word in
      fields.optional(word).map { (word: word.description, value: $0) }
    }
    fields.reportUnknown()
    guard let (word, content) = kinds.first else {
      let hint = words.first(where: fields.isEmpty).map { "; \($0) is empty here, write \($0): {}" }
      value.error(
        "expected one of forecast, schedule and prometheus, found none of them\(hint ?? "")")
      return
    }
    if kinds.count > 1 {
      let second = kinds[1]
      second.value.error(
        "\(word) is given too; a signal has exactly one of forecast, schedule and prometheus")
    }
    // Decoded even when the name is bad, so that all errors are told at once.
    let kind = decodeKind(word, content)
    let title = name?.title() ?? word
    if signals.contains(where: { $0.name == title }) {
      (name ?? value).error(
        name == nil
          ? "another signal is named \(quoted(title)) already, the default of \(word); "
            + "give this one a name"
          : "another signal is named \(quoted(title)) already; names are unique within a policy")
    }
    guard let kind else { return }
    signals.append(
      Signal(name: title, leadTime: leadTime, required: required, hold: hold, kind: kind))
  }

  private mutating func decodeKind(_ word: String, _ value: ManifestValue) -> Signal.Kind? {
    switch word {
    case "forecast": forecast(value).map { .forecast($0) }
    case "schedule":
      ScheduleDecoder(limits: limits, decoder: decoder).decode(value)
        .map { .schedule($0) }
    default: prometheus(value).map { .prometheus($0) }
    }
  }

  private mutating func forecast(_ value: ManifestValue) -> ForecastSignal? {
    guard let fields = value.mapping() else { return nil }
    let source = source(.forecaster, of: fields)
    let workload = fields.optional("workload")?.title(longest: 253) ?? policy.name
    let ages = Duration.seconds(1)...ManifestLimits.week
    let maxAge = fields.optional("maxAge")?.duration(in: ages)
    fields.reportUnknown()
    return ForecastSignal(source: source, workload: workload, maxAge: maxAge)
  }

  private mutating func prometheus(_ value: ManifestValue) -> PrometheusSignal? {
    guard let fields = value.mapping() else { return nil }
    let source = source(.prometheus, of: fields)
    let query = fields.required("query")?.promQL()
    let threshold = fields.required("threshold")?.number(atLeast: 0, orEqual: false)
    let activation = fields.optional("activationThreshold")?.number(atLeast: 0)
    let onEmpty = fields.optional("onEmpty")?.choice([
      ("error", EmptyResult.error), ("zero", .zero),
    ])
    let filter = fields.optional("uptimeFilter")
    let cooldown = fields.optional("uptimeCooldown")
    if let cooldown, filter == nil {
      cooldown.warning("has no effect without uptimeFilter")
    }
    let evidence = fields.optional("evidence")
    let settles = fields.optional("evidenceSettles")
    if let settles, evidence == nil { settles.warning("has no effect without evidence") }
    let signal = PrometheusSignal(
      source: source, query: query ?? "", threshold: threshold ?? 1,
      activationThreshold: activation ?? 0, onEmpty: onEmpty ?? .error,
      uptimeFilter: filter?.labelMatchers(),
      uptimeCooldown: cooldown?.wholeSeconds() ?? Policy.Defaults.uptimeCooldown,
      evidence: evidence?.evidence(for: query ?? ""),
      evidenceSettles: settles?.duration(in: .zero...ManifestLimits.week)
        ?? Policy.Defaults.evidenceSettles)
    fields.reportUnknown()
    return signal
  }

  /// The name of the data source, `default` when absent.
  private mutating func source(_ kind: DataSource.Kind, of fields: ManifestFields) -> String {
    let field = fields.optional("source")
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
