package import Scaling
package import Time

/// Policies made out of the objects of other autoscalers (`headstart import`).
///
/// Reads texts and writes texts; knows no file and no clock.
package struct ManifestImport {
  /// ScalingPolicies, each a document with comments about what it could not take along.
  package private(set) var policies: [String] = []
  /// The servers that they ask, each once.
  package var dataSources: [String] { sources.texts }
  /// In place of the objects that KEDA has now.
  package private(set) var scaledObjects: [String] = []
  /// What could not be carried over: one sentence each, with the object.
  package private(set) var losses: [String] = []
  /// What could not be read at all: one line each.
  package private(set) var problems: [String] = []

  private let options: Options
  private let zones: any TimeZoneDatabase
  private let now: Instant
  private var sources = ImportedSources()
  private var workloads: [DownscalerImport.Workload] = []
  private var namespaces: [String: ImportNode] = [:]
  /// HPAs that KEDA made, with the ScaledObjects that own them.
  private var owned: [(origin: String, owner: String)] = []
  /// The ScaledObjects that were read.
  private var scaledObjectOrigins: Set<String> = []
  /// What policies were made of, by their namespaces and names.
  private var originsOfPolicies: [String: String] = [:]
  /// What scales a workload, by its namespace, kind and name.
  private var originsOfWorkloads: [String: String] = [:]

  package struct Options: Sendable {
    /// How KEDA reaches Headstart.
    package var scalerAddress = "headstart-headless.headstart.svc:50051"
    /// The queries behind the external metrics of HPAs, by their names.
    package var queries: [String: String] = [:]
    /// Of jobs whose object names no zone.
    package var timeZone = "UTC"

    package init() {}
  }

  package init(options: Options, zones: any TimeZoneDatabase, now: Instant) {
    self.options = options
    self.zones = zones
    self.now = now
  }

  /// Whether everything was carried over.
  package var isComplete: Bool { losses.isEmpty && problems.isEmpty }

  /// Everything as one text of several documents.
  package var text: String {
    (dataSources + policies + scaledObjects).joined(separator: "---\n")
  }

  /// Reads the objects of one file. To be followed by `finish`.
  package mutating func read(_ bytes: [UInt8], path: String) {
    let stream = YAMLStream(bytes)
    for document in stream.documents { read(ImportNode(document), path: path) }
    if let problem = stream.problem {
      problems.append("\(path):\(problem.position): error: \(problem.message)")
    }
  }

  /// Converts what needs several objects. To be called once, last.
  package mutating func finish() {
    for (origin, owner) in owned where !scaledObjectOrigins.contains(owner) {
      problems.append("\(origin) belongs to \(owner), which is not there: import that instead")
    }
    for workload in workloads {
      let namespace = workload.namespace.flatMap { namespaces[$0] }
      let imported = DownscalerImport(zones: zones).policy(of: workload, in: namespace)
      guard let imported else { continue }
      add(imported, trigger: nil, extra: [])
    }
    if policies.isEmpty, isComplete {
      problems.append("there is nothing to import here; import reads \(Self.kinds)")
    }
  }

  private static let kinds =
    "ScaledObject, CronHorizontalPodAutoscaler, HorizontalPodAutoscaler, and Deployments, "
    + "StatefulSets and Namespaces with annotations of kube-downscaler"

  private mutating func read(_ object: ImportNode, path: String) {
    let kind = object["kind"]?.text ?? ""
    let name = object["metadata"]?["name"]?.text ?? "unnamed"
    let namespace = object["metadata"]?["namespace"]?.text
    let origin = "\(kind) \(namespace.map { "\($0)/" } ?? "")\(name)"
    switch kind {
    case "List":
      for item in object["items"]?.items ?? [] { read(item, path: path) }
    case "ScaledObject":
      scaledObjectOrigins.insert(origin)
      let policy = ImportedPolicy(name: name, namespace: namespace, origin: origin)
      add(
        ScaledObjectImport(
          object: object, policy: policy, scalerAddress: options.scalerAddress, zones: zones))
    case "CronHorizontalPodAutoscaler":
      var policy = ImportedPolicy(name: name, namespace: namespace, origin: origin)
      CronHPAImport(zones: zones, timeZone: options.timeZone, now: now).fill(&policy, from: object)
      noteDownscaler(of: object, &policy)
      add(policy, trigger: object["spec"]?["scaleTargetRef"], extra: [])
    case "HorizontalPodAutoscaler":
      if let owner = object.owningScaledObject {
        owned.append((origin, "ScaledObject \(namespace.map { "\($0)/" } ?? "")\(owner)"))
        return
      }
      var policy = ImportedPolicy(name: name, namespace: namespace, origin: origin)
      let behavior = HPAImport(queries: options.queries).fill(&policy, from: object)
      noteDownscaler(of: object, &policy)
      add(policy, trigger: object["spec"]?["scaleTargetRef"], extra: behavior)
    case "Deployment", "StatefulSet":
      workloads.append(
        DownscalerImport.Workload(
          object: object, kind: kind, name: name, namespace: namespace, origin: origin))
    case "Namespace":
      namespaces[name] = object
    default:
      problems.append(
        "\(path): warning: a \(kind.isEmpty ? "document without kind" : kind) is passed over; import "
          + "reads \(Self.kinds)")
    }
  }

  /// kube-downscaler changes the minimum replicas of an HPA; only those of workloads are read.
  private func noteDownscaler(of object: ImportNode, _ policy: inout ImportedPolicy) {
    let names = (object["metadata"]?["annotations"]?.fields ?? []).map(\.key)
    for name in names where name.hasPrefix("downscaler/") {
      policy.losses.append(
        "the annotation \(name) of the object itself is not read: write a rule with atMost for it")
    }
  }

  private mutating func add(_ converted: ScaledObjectImport) {
    var converted = converted
    converted.convert(into: &sources)
    if converted.policy.text != nil {
      separate(&converted.policy)
      noteRefusals(&converted.policy)
    }
    losses += converted.policy.losses.map { "\(converted.policy.origin): \($0)" }
    guard let text = converted.policy.text else {
      problems.append(
        "\(converted.policy.origin): nothing of it could be carried over: "
          + (converted.policy.losses.first ?? "it has no triggers"))
      return
    }
    policies.append(text)
    scaledObjects.append(converted.scaledObject())
  }

  /// Says what `check` refuses of a policy, which is there in the old object too.
  private func noteRefusals(_ policy: inout ImportedPolicy) {
    let decoder = ManifestDecoder(
      defaults: PolicyDefaults(), zones: zones, now: now, auditBudget: 0)
    let file = decoder.decode(Array((policy.text ?? "").utf8), path: "")
    for problem in file.diagnostics where problem.severity == .error {
      policy.losses.append("check refuses this policy: \(problem.message)")
    }
  }

  /// Gives a policy a name of its own, and says where a workload would have two ScaledObjects.
  private mutating func separate(_ policy: inout ImportedPolicy) {
    let place = policy.namespace ?? ""
    let workload = policy.workload.map { "\(place)/\($0)" }
    let other = workload.flatMap { originsOfWorkloads[$0] }
    if let other {
      policy.losses.append(
        "\(other) scales \(policy.workload ?? "") too, and KEDA takes one ScaledObject for it: put "
          + "the signals of both into one policy")
    }
    if let workload, other == nil { originsOfWorkloads[workload] = policy.origin }
    let name = policy.name
    if let namesake = originsOfPolicies["\(place)/\(name)"] {
      var number = 2
      while originsOfPolicies["\(place)/\(name)-\(number)"] != nil { number += 1 }
      policy.name = "\(name)-\(number)"
      policy.losses.append(
        "the name \(name), which the policy of \(namesake) has; this one is \(policy.name)")
    }
    originsOfPolicies["\(place)/\(policy.name)"] = policy.origin
  }

  /// A policy whose workload KEDA does not scale yet.
  private mutating func add(
    _ policy: ImportedPolicy, trigger target: ImportNode?, extra: [String]
  ) {
    var policy = policy
    if let target {
      policy.target = target.json
      policy.workload = "\(target["kind"]?.text ?? "Deployment")/\(target["name"]?.text ?? "")"
    }
    if policy.text != nil {
      separate(&policy)
      noteRefusals(&policy)
    }
    losses += policy.losses.map { "\(policy.origin): \($0)" }
    guard let text = policy.text else {
      problems.append(
        "\(policy.origin): nothing of it could be carried over: "
          + (policy.losses.first ?? "it says nothing"))
      return
    }
    policies.append(text)
    guard let target = policy.target else { return }
    var lines = [
      printable(
        "# Delete \(policy.origin), or what it says, before this is applied.".unicodeScalars),
      "apiVersion: keda.sh/v1alpha1", "kind: ScaledObject",
      "metadata: \(ImportedPolicy.metadata(policy.name, policy.namespace))", "spec:",
      "  scaleTargetRef: \(target)", "  minReplicaCount: \(policy.minReplicas ?? 0)",
    ]
    if let most = policy.maxReplicas { lines.append("  maxReplicaCount: \(most)") }
    lines += extra
    lines += ScaledObjectImport.trigger(options.scalerAddress)
    scaledObjects.append(lines.joined(separator: "\n") + "\n")
  }
}

extension ImportNode {
  /// The name of the ScaledObject for which KEDA made this HPA; nil for one of somebody else.
  fileprivate var owningScaledObject: String? {
    self["metadata"]?["ownerReferences"]?.items
      .first { $0["kind"]?.text == "ScaledObject" }?["name"]?.text
  }
}

/// The Prometheus servers that imported policies ask.
struct ImportedSources {
  private(set) var texts: [String] = []
  private var names: [String: String] = [:]

  /// The name of a data source with these lines in its `spec`, which is written if it is new.
  mutating func name(for address: String, _ spec: [String]) -> String {
    let content = ([address] + spec).joined(separator: "\n")
    if let known = names[content] { return known }
    let rest = address.split(separator: "/", maxSplits: 1).last.map(String.init) ?? address
    let base = ImportText.name(from: rest)
    let taken = Set(names.values)
    var name = base
    var number = 2
    while taken.contains(name) {
      name = "\(base)-\(number)"
      number += 1
    }
    names[content] = name
    let lines =
      [
        "apiVersion: headstart.dev/v1alpha1", "kind: DataSource",
        "metadata: {name: \(ImportText.scalar(name))}",
        "spec:", "  type: prometheus", "  address: \(ImportText.quoted(address))",
      ] + spec.map { "  " + $0 }
    texts.append(lines.joined(separator: "\n") + "\n")
    return name
  }
}
