internal import Scaling

/// Makes a policy of a ScaledObject with cron and prometheus triggers, and the ScaledObject that
/// asks Headstart instead.
struct ScaledObjectImport {
  private let object: ImportNode
  /// Its name may be changed after `convert`.
  var policy: ImportedPolicy
  private let scalerAddress: String
  private let zones: any TimeZoneDatabase
  /// Triggers that stay what they are, as JSON.
  private var kept: [String] = []

  /// - Parameter scalerAddress: How KEDA reaches Headstart.
  init(
    object: ImportNode, policy: ImportedPolicy, scalerAddress: String, zones: any TimeZoneDatabase
  ) {
    self.scalerAddress = scalerAddress
    self.object = object
    self.policy = policy
    self.zones = zones
  }

  private var spec: ImportNode? { object["spec"] }
  private var least: Int { spec?["minReplicaCount"]?.integer ?? 0 }

  mutating func convert(into sources: inout ImportedSources) {
    let triggers = spec?["triggers"]?.items ?? []
    if spec?["advanced"]?["scalingModifiers"] != nil {
      policy.losses.append(
        "advanced.scalingModifiers computes from several triggers, which a policy cannot; write the "
          + "formula as one PromQL query")
      return
    }
    if let target = spec?["scaleTargetRef"], let name = target["name"]?.text {
      policy.target = target.jsonForPolicy
      policy.workload = "\(target["kind"]?.text ?? "Deployment")/\(name)"
    }
    if !triggers.isEmpty, triggers.allSatisfy(asksHeadstart) {
      policy.losses.append("it asks Headstart already")
      return
    }
    policy.minReplicas = spec?["minReplicaCount"]?.integer
    policy.maxReplicas = spec?["maxReplicaCount"]?.integer
    for (index, trigger) in triggers.enumerated() {
      let type = trigger["type"]?.text ?? ""
      let metadata = Dictionary(
        trigger["metadata"]?.fields.map { ($0.key, $0.value.text ?? "") } ?? [],
        uniquingKeysWith: { $1 })
      let place = "triggers[\(index)]"
      // One that stays keeps its own.
      if ["cron", "prometheus"].contains(type), let metricType = trigger["metricType"]?.text,
        metricType != "AverageValue"
      {
        policy.losses.append(
          "\(place) has metricType \(metricType), with which the HPA multiplies by the count of ready "
            + "pods; Headstart's number is the count itself")
      }
      switch type {
      case "cron": cron(metadata, place)
      case "prometheus": prometheus(metadata, trigger, place, &sources)
      case _ where asksHeadstart(trigger):
        kept.append(trigger.json)
        policy.losses.append(
          "\(place) asks Headstart already, and stays beside the new trigger: put what it asks for "
            + "into this policy, so that there is one")
      default:
        kept.append(trigger.json)
        policy.losses.append(
          "\(place) of type \(type) stays a trigger of the ScaledObject; while Headstart is away it "
            + "fails with it")
      }
    }
    if spec?["idleReplicaCount"] != nil {
      policy.losses.append(
        "idleReplicaCount stays in the ScaledObject, and counts only with minReplicas: 0 of this "
          + "policy")
    }
    if let fallback = spec?["fallback"] {
      policy.proposals.append(
        "Headstart goes on asking for the last number instead of fallback \(fallback.json), which "
          + "KEDA uses only where nothing was ever known; hold: 5m brings it back")
    }
  }

  private func asksHeadstart(_ trigger: ImportNode) -> Bool {
    ["external", "external-push"].contains(trigger["type"]?.text)
      && trigger["metadata"]?["scalerAddress"]?.text == scalerAddress
  }

  // MARK: Triggers

  /// Says which of the fields that a trigger needs it has not.
  private mutating func lacks(
    _ needed: [String], _ metadata: [String: String], _ place: String
  ) -> Bool {
    let missing = needed.filter { (metadata[$0] ?? "").isEmpty }
    guard !missing.isEmpty else { return false }
    let others = missing.map { "\($0)FromEnv" }.filter { metadata[$0] != nil }
    policy.losses.append(
      "\(place) has no \(missing.joined(separator: ", no "))"
        + (others.isEmpty
          ? ""
          : "; \(others.joined(separator: ", ")) names the workload's environment, which import does "
            + "not see: write its value"))
    return true
  }

  /// Says which fields of a trigger are not read.
  private mutating func passOver(
    _ metadata: [String: String], known: Set<String>, _ place: String
  ) {
    for key in metadata.keys.sorted() where !known.contains(key) {
      policy.losses.append("\(place) has \(key), which is not read")
    }
  }

  private mutating func cron(_ metadata: [String: String], _ place: String) {
    guard !lacks(["timezone", "start", "end", "desiredReplicas"], metadata, place) else { return }
    passOver(metadata, known: ["timezone", "start", "end", "desiredReplicas"], place)
    let zone = metadata["timezone"] ?? ""
    let start = metadata["start"] ?? ""
    let end = metadata["end"] ?? ""
    let wanted = metadata["desiredReplicas"] ?? ""
    guard let replicas = Int(wanted), replicas > 0 else {
      policy.losses.append(
        "\(place) has desiredReplicas \(wanted), which is no whole number above 0")
      return
    }
    guard zones.timeZone(named: zone) != nil else {
      policy.losses.append(
        "\(place) has the timezone \(zone), which is not known here"
          + (zones.advice(for: zone).map { "; \($0)" } ?? ""))
      return
    }
    do {
      _ = try CronWindow(start: start, end: end)
    } catch {
      policy.losses.append("\(place): \(error)")
      return
    }
    policy.append(
      "schedule",
      [
        "timeZone: \(ImportText.quoted(zone))",
        "rules:",
        "  - {name: cron, cron: {start: \(ImportText.quoted(start)), "
          + "end: \(ImportText.quoted(end))}, replicas: \(replicas)}",
      ])
  }

  private mutating func prometheus(
    _ metadata: [String: String], _ trigger: ImportNode, _ place: String,
    _ sources: inout ImportedSources
  ) {
    guard !lacks(["serverAddress", "query", "threshold"], metadata, place) else { return }
    passOver(metadata, known: Self.prometheusFields, place)
    let query = metadata["query"] ?? ""
    guard let text = TriggerText.positive(metadata["threshold"] ?? ""), let threshold = Double(text)
    else {
      policy.losses.append(
        "\(place) has the threshold \(metadata["threshold"] ?? ""), which is no number above 0")
      return
    }
    guard let address = address(metadata["serverAddress"] ?? "", place) else { return }
    let source = sources.name(for: address, sourceFields(metadata, trigger, place))
    var lines = [
      "source: \(ImportText.scalar(source))", "query: \(ImportText.quoted(query))",
      "threshold: \(text)",
    ]
    if let activation = activation(metadata, place, threshold: threshold) {
      lines.append("activationThreshold: \(activation)")
    }
    if let namespace = metadata["namespace"], !namespace.isEmpty {
      lines.append("parameters: {namespace: \(ImportText.quoted(namespace))}")
    }
    let ignoring = metadata["ignoreNullValues"] ?? ""
    if !ignoring.isEmpty, Bool(go: ignoring) == nil {
      policy.losses.append(
        "\(place) has ignoreNullValues \(ignoring), which is neither true nor false; true is taken")
    }
    if Bool(go: ignoring) != false {
      lines += [
        "# KEDA's default. With error, the default here, a query without a result keeps the last number.",
        "onEmpty: zero",
      ]
    }
    policy.append("prometheus", lines)
  }

  /// What is read, and `metricName`, which KEDA does not use any more.
  private static let prometheusFields: Set<String> = [
    "serverAddress", "query", "threshold", "activationThreshold", "namespace", "customHeaders",
    "ignoreNullValues", "queryParameters", "unsafeSsl", "timeout", "authModes", "awsRegion",
    "metricName",
  ]

  /// The `activationThreshold` of a signal; nil for none.
  private mutating func activation(
    _ metadata: [String: String], _ place: String, threshold: Double
  ) -> String? {
    guard let text = metadata["activationThreshold"], !text.isEmpty else { return nil }
    guard let value = Double(text), value.isFinite else {
      policy.losses.append("\(place) has the activationThreshold \(text), which is no number")
      return nil
    }
    guard value != 0 else { return nil }
    guard least < 1 else {
      policy.proposals.append(
        "\(place) has an activationThreshold of \(text), which means nothing beside "
          + "minReplicaCount \(least) and is left out")
      return nil
    }
    guard value > 0 else {
      policy.losses.append(
        "\(place) has an activationThreshold of \(text): KEDA keeps one replica while the query "
          + "answers 0, and this policy none; for that write minReplicas: 1 into its limits")
      return nil
    }
    let several = (spec?["triggers"]?.items.count ?? 0) > 1
    if value >= threshold, several {
      policy.losses.append(
        "\(place) has an activationThreshold of \(text) and a threshold of "
          + "\(metadata["threshold"] ?? ""): while another trigger is active KEDA still asks for "
          + "value / threshold below it, and this policy for 0")
    }
    return TriggerText.positive(text)
  }

  /// The address of a data source, without what does not belong there; nil for none that could be
  /// used.
  private mutating func address(_ text: String, _ place: String) -> String? {
    var address = text.withoutSlash
    if AddressProblem(of: address) == .userInfo, let at = address.lastIndex(of: "@"),
      let scheme = address.firstRange(of: "://")
    {
      address.removeSubrange(scheme.upperBound...at)
      policy.losses.append(
        "\(place) has a user and a password in its serverAddress: name the user, and a file with the "
          + "password, in basicAuth of the data source")
    }
    if AddressProblem(of: address) == .queryOrFragment {
      address = String(address.prefix { !"?#".contains($0) }).withoutSlash
      policy.losses.append(
        "\(place) has a serverAddress with ? or #: write what follows as parameters of the data source"
      )
    }
    guard let problem = AddressProblem(of: address) else { return address }
    policy.losses.append(
      "\(place) has a serverAddress that cannot be used: \(problem.sentence)")
    return nil
  }

  /// The lines of the data source beside its address.
  private mutating func sourceFields(
    _ metadata: [String: String], _ trigger: ImportNode, _ place: String
  ) -> [String] {
    var lines: [String] = []
    for (key, field, read) in [
      ("customHeaders", "headers", TriggerText.headers),
      ("queryParameters", "parameters", TriggerText.parameters),
    ] {
      let pairs = read(metadata[key] ?? "")
      if !pairs.pairs.isEmpty { lines.append("\(field): \(pairs.yaml)") }
      for name in pairs.refused {
        policy.losses.append(
          "\(place) has \(ImportText.quoted(name)) in \(key), which is no name=value that a data "
            + "source can send")
      }
    }
    if let text = metadata["timeout"], !text.isEmpty {
      // As much as a data source may wait.
      if let milliseconds = Int(text), (1...3_600_000).contains(milliseconds) {
        lines.append("timeout: \(milliseconds)ms")
      } else {
        policy.losses.append(
          "\(place) has the timeout \(text), which is no number of milliseconds up to an hour")
      }
    }
    if let modes = metadata["authModes"], !modes.isEmpty {
      policy.losses.append(
        "\(place) has authModes \(modes): mount the secret and name it in the data source, "
          + "bearerTokenFile, basicAuth, oauth2, or caFile with clientCertificateFile and clientKeyFile"
      )
    } else if trigger["authenticationRef"] != nil {
      policy.losses.append(
        "\(place) has an authenticationRef: mount what it names and name the file in the data source"
      )
    }
    let isUnsafe = metadata["unsafeSsl"] ?? ""
    if Bool(go: isUnsafe) == true { lines.append("insecureSkipVerify: true") }
    if !isUnsafe.isEmpty, Bool(go: isUnsafe) == nil {
      policy.losses.append(
        "\(place) has unsafeSsl \(isUnsafe), which is neither true nor false; false is taken")
    }
    // Signed with the keys of Headstart's own pod, which needs the role.
    if let region = metadata["awsRegion"], !region.isEmpty {
      lines.append("aws: {region: \(ImportText.quoted(region))}")
    }
    return lines
  }

  // MARK: The ScaledObject

  /// With one trigger, and all else as it was.
  func scaledObject() -> String {
    var lines = [
      printable("# In place of \(policy.origin): the policy above answers it.".unicodeScalars),
      "apiVersion: keda.sh/v1alpha1", "kind: ScaledObject",
      "metadata: \(metadata)", "spec:",
    ]
    for (key, value) in spec?.fields ?? [] where key != "triggers" {
      lines.append("  \(key): \(value.json)")
    }
    lines += Self.trigger(scalerAddress)
    lines += kept.map { "    - \($0)" }
    return lines.joined(separator: "\n") + "\n"
  }

  private var metadata: String {
    let fields = (object["metadata"]?.fields ?? []).filter {
      ["name", "namespace", "labels", "annotations"].contains($0.key)
    }
    let texts = fields.map { key, value in
      "\(key): \(key == "name" ? ImportText.quoted(policy.name) : value.json)"
    }
    return "{" + texts.joined(separator: ", ") + "}"
  }

  /// The lines of the one trigger that asks Headstart.
  static func trigger(_ scalerAddress: String) -> [String] {
    [
      "  triggers:", "    - type: external-push",
      "      metadata: {scalerAddress: \(ImportText.quoted(scalerAddress))}",
    ]
  }
}

extension ImportNode {
  /// A scaleTargetRef of a policy, which knows three fields.
  fileprivate var jsonForPolicy: String {
    let known = fields.filter { ["apiVersion", "kind", "name"].contains($0.key) }
    return "{" + known.map { "\($0.key): \($0.value.json)" }.joined(separator: ", ") + "}"
  }
}

extension String {
  fileprivate var withoutSlash: String {
    var text = self
    while text.hasSuffix("/") { text.removeLast() }
    return text
  }
}
