internal import Scaling

/// Decodes the triggers of one ElastiService, one after the other.
struct TriggerDecoder {
  private(set) var signals: [Signal] = []
  /// The servers that the triggers ask.
  private(set) var sources: [DataSource] = []
  private(set) var references: [SourceReference] = []
  private let service: ResourceName
  private let activeReplicas: Int
  private let cooldown: Duration
  private let servers: TriggerServers
  private var count = 0

  /// What KubeElasti checks for a trigger without `uptimeFilter`: lost metrics may look like a
  /// workload that is idle.
  private static let standardFilter = "container=\"prometheus\""

  init(
    service: ResourceName, activeReplicas: Int, cooldown: Duration, servers: TriggerServers
  ) {
    self.service = service
    self.activeReplicas = activeReplicas
    self.cooldown = cooldown
    self.servers = servers
  }

  /// Appends a signal, or reports why it is none.
  mutating func decode(_ value: ManifestValue) {
    let name = "triggers[\(count)]"
    count += 1
    guard let fields = value.mapping() else { return }
    _ = fields.required("type")?.choice([("prometheus", ())])
    let metadata = fields.required("metadata")
    fields.reportUnknown()
    guard let metadata, let signal = prometheus(metadata, name: name) else { return }
    signals.append(Signal(name: name, kind: .prometheus(signal)))
  }

  private mutating func prometheus(_ value: ManifestValue, name: String) -> PrometheusSignal? {
    guard let fields = value.mapping() else { return nil }
    let address = fields.optionalText("serverAddress")
    let query = fields.required("query")?.promQL()
    let threshold = fields.required("threshold")
    let filter = fields.optionalText("uptimeFilter")
    let headers = fields.optional("headers")?.headers(of: .source) ?? [:]
    // KubeElasti passes over what it does not know here.
    fields.reportUnknown(as: .warning)
    let limit = threshold?.decimal()
    if let threshold, let limit, limit <= 0 {
      threshold.warning("no rate and no count is below it, so that the workload is never idle")
    }
    if filter == nil {
      value.warning(
        "without uptimeFilter, \(Self.standardFilter) is checked, as in KubeElasti: where no such "
          + "target is up, the workload never goes to zero")
    }
    let matchers = filter.map { $0.labelMatchers() } ?? Self.standardFilter
    guard let query, let limit, let source = source(address, headers, of: fields, trigger: name)
    else { return nil }
    return PrometheusSignal(
      source: source, query: query, threshold: limit, switchedTo: activeReplicas,
      uptimeFilter: matchers, uptimeCooldown: cooldown)
  }

  // MARK: Servers

  /// The name of the data source that a trigger asks, which is entered if it is new.
  private mutating func source(
    _ field: ManifestValue?, _ headers: [String: String], of fields: ManifestFields,
    trigger: String
  ) -> String? {
    guard let server = server(field, of: fields) else { return nil }
    guard case .at(let address) = server else { return standIn(for: fields) }
    // Triggers that send nothing of their own share a server, and a query that they share too.
    let name =
      headers.isEmpty
      ? ResourceName(name: address)
      : ResourceName(namespace: service.namespace, name: "\(service.name)/\(trigger)")
    var sent = headers
    if let authorization = servers.authorization,
      !headers.keys.contains(where: { $0.lowercased() == "authorization" })
    {
      sent["Authorization"] = authorization
    }
    let source = DataSource(
      name: name, kind: .prometheus, address: address, timeout: servers.timeout,
      refresh: servers.refresh, headers: sent)
    if !sources.contains(source) { sources.append(source) }
    return name.name
  }

  /// Where nothing is known of flags, a trigger without an address asks what they will say.
  private mutating func standIn(for fields: ManifestFields) -> String {
    references.append(
      SourceReference(
        kind: .prometheus, name: "default", namespace: service.namespace,
        position: fields.value.node.position, path: "\(fields.value.path).serverAddress"))
    return "default"
  }

  private enum Server {
    case at(String)
    /// The one that flags will say.
    case fromFlags
  }

  /// Nil after an error has been reported.
  private func server(_ field: ManifestValue?, of fields: ManifestFields) -> Server? {
    guard let field else {
      if let standard = servers.standard { return .at(standard) }
      guard servers.allowed != nil else { return .fromFlags }
      fields.value.error(
        "serverAddress is missing, and there is no server for triggers that name none; "
          + "name one with --prometheus-trigger-servers (PROMETHEUS_TRIGGER_SERVER_ADDRESS)")
      return nil
    }
    guard let address = field.serverAddress() else { return nil }
    if let found = servers.find(address) { return .at(found) }
    field.error(
      "\(address) is not one of the servers that triggers may ask; whoever operates Headstart "
        + "can add it with --prometheus-trigger-servers (PROMETHEUS_TRIGGER_SERVER_ADDRESS)")
    return nil
  }
}

extension ManifestFields {
  /// A field whose empty text counts as absent, as it does in Go.
  fileprivate func optionalText(_ name: StaticString) -> ManifestValue? {
    guard let found = optional(name) else { return nil }
    if case .scalar(let scalar) = found.node.content, case .text("") = scalar.value { return nil }
    return found
  }
}

extension ManifestValue {
  /// A finite number, as KubeElasti writes it in quotes or without them.
  fileprivate func decimal() -> Double? {
    let expected = "a number such as \"0.5\""
    guard case .scalar(let scalar) = node.content else {
      error(expected: expected)
      return nil
    }
    switch YAMLScalar(text: scalar.text, isPlain: true).value {
    case .integer(let whole): return Double(whole)
    case .real(let real): return real
    case .null, .boolean, .hugeInteger, .ambiguousInteger, .notFinite, .text:
      error(expected: expected)
      return nil
    }
  }
}
