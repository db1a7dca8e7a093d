internal import Scaling

/// Makes a policy of a ScaledObject with cron and prometheus triggers, and the ScaledObject that
/// asks Headstart instead.
struct ScaledObjectImport {
  private let object: ImportNode
  private(set) var policy: ImportedPolicy
  private let zones: any TimeZoneDatabase
  /// Triggers that stay what they are, as JSON.
  private var kept: [String] = []

  init(object: ImportNode, policy: ImportedPolicy, zones: any TimeZoneDatabase) {
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
    if let target = spec?["scaleTargetRef"], target["name"] != nil {
      policy.target = target.jsonForPolicy
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

  // MARK: Triggers

  private mutating func cron(_ metadata: [String: String], _ place: String) {
    let zone = metadata["timezone"] ?? ""
    guard let start = metadata["start"], let end = metadata["end"],
      let replicas = metadata["desiredReplicas"].flatMap({ Int($0) }), replicas > 0
    else {
      policy.losses.append(
        "\(place) has no start, end and desiredReplicas that can be read")
      return
    }
    guard zones.timeZone(named: zone) != nil else {
      policy.losses.append("\(place) has the timezone \(zone), which is not known here")
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
    guard let query = metadata["query"], !query.isEmpty, let given = metadata["serverAddress"],
      !given.isEmpty, let threshold = metadata["threshold"].flatMap({ Double($0) }),
      threshold > 0, threshold.isFinite
    else {
      policy.losses.append("\(place) has no serverAddress, query and threshold that can be read")
      return
    }
    guard let address = address(given, place) else { return }
    let source = sources.name(for: address, sourceFields(metadata, trigger, place))
    var lines = [
      "source: \(ImportText.scalar(source))", "query: \(ImportText.quoted(query))",
      "threshold: \(metadata["threshold"] ?? "")",
    ]
    if let text = metadata["activationThreshold"], let activation = Double(text), activation > 0 {
      if least >= 1 {
        policy.proposals.append(
          "\(place) has an activationThreshold of \(text), which means nothing beside "
            + "minReplicaCount \(least) and is left out")
      } else {
        lines.append("activationThreshold: \(text)")
        let several = (spec?["triggers"]?.items.count ?? 0) > 1
        if activation >= threshold, several {
          policy.losses.append(
            "\(place) has an activationThreshold of \(text) and a threshold of "
              + "\(metadata["threshold"] ?? ""): while another trigger is active KEDA still asks for "
              + "value / threshold below it, and this policy for 0")
        }
      }
    }
    if let namespace = metadata["namespace"], !namespace.isEmpty {
      lines.append("parameters: {namespace: \(ImportText.quoted(namespace))}")
    }
    if metadata["ignoreNullValues"]?.lowercased() != "false" {
      lines += [
        "# KEDA's default. With error, the default here, a query without a result keeps the last number.",
        "onEmpty: zero",
      ]
    }
    policy.append("prometheus", lines)
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
    for (key, field) in [("customHeaders", "headers"), ("queryParameters", "parameters")] {
      guard let text = metadata[key], !text.isEmpty else { continue }
      let pairs = text.split(separator: ",").map { pair in
        let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        return "\(ImportText.quoted(String(parts[0]))): "
          + ImportText.quoted(parts.count == 2 ? String(parts[1]) : "")
      }
      lines.append("\(field): {\(pairs.joined(separator: ", "))}")
    }
    if let text = metadata["timeout"], let milliseconds = Int(text), milliseconds > 0 {
      lines.append("timeout: \(milliseconds)ms")
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
    if metadata["unsafeSsl"] == "true" { lines.append("insecureSkipVerify: true") }
    // Signed with the keys of Headstart's own pod, which needs the role.
    if let region = metadata["awsRegion"], !region.isEmpty {
      lines.append("aws: {region: \(ImportText.quoted(region))}")
    }
    return lines
  }

  // MARK: The ScaledObject

  /// With one trigger, and all else as it was.
  func scaledObject(scalerAddress: String) -> String {
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
    return "{" + fields.map { "\($0.key): \($0.value.json)" }.joined(separator: ", ") + "}"
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
