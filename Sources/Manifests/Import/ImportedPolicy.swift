/// A ScalingPolicy that is being written, with what could not be carried over into it.
struct ImportedPolicy {
  var name: String
  var namespace: String?
  /// What it is made from: `ScaledObject shop/web`.
  var origin: String
  /// JSON of the target that direct scaling needs; nil where it is not known.
  var target: String?
  /// What is scaled, `Deployment/web`; nil where it is not known.
  var workload: String?
  var minReplicas: Int?
  var maxReplicas: Int?
  /// Each the lines of one item of `signals`.
  private(set) var signals: [[String]] = []
  /// What the old object did and this policy does not: one sentence each.
  var losses: [String] = []
  /// What would be better than what was there.
  var proposals: [String] = []
  private var names: Set<String> = []

  init(name: String, namespace: String?, origin: String) {
    self.name = name
    self.namespace = namespace
    self.origin = origin
  }

  /// Appends a signal.
  ///
  /// - Parameters:
  ///   - kind: `schedule` or `prometheus`, which is its name too, or with a number after it.
  ///   - lines: the content of its field, indented from there.
  mutating func append(_ kind: String, _ lines: [String]) {
    var name = kind
    var number = 2
    while !names.insert(name).inserted {
      name = "\(kind)-\(number)"
      number += 1
    }
    signals.append(["- name: \(name)", "  \(kind):"] + lines.map { "    " + $0 })
  }

  /// The manifest; nothing where no signal could be carried over.
  var text: String? {
    guard !signals.isEmpty else { return nil }
    let comments =
      ["From \(origin)."] + losses.map { "NOT CARRIED OVER: \($0)" }
      + proposals.map { "Better: \($0)" }
    // What is quoted in a comment must not end it.
    var lines = comments.map { "# " + printable($0.unicodeScalars) }
    lines += [
      "apiVersion: headstart.dev/v1alpha1", "kind: ScalingPolicy",
      "metadata: \(Self.metadata(name, namespace))", "spec:",
      "  # As before, pods start when they are needed. With leadTime: 5m they start five minutes earlier.",
      "  leadTime: 0s",
    ]
    if let target { lines.append("  scaleTargetRef: \(target)") }
    let limits = [
      minReplicas.map { "minReplicas: \($0)" }, maxReplicas.map { "maxReplicas: \($0)" },
    ].compactMap(\.self)
    if !limits.isEmpty { lines.append("  limits: {\(limits.joined(separator: ", "))}") }
    lines.append("  signals:")
    lines += signals.flatMap { $0.map { "    " + $0 } }
    return lines.joined(separator: "\n") + "\n"
  }

  static func metadata(_ name: String, _ namespace: String?) -> String {
    let place = namespace.map { ", namespace: \(ImportText.scalar($0))" } ?? ""
    return "{name: \(ImportText.scalar(name))\(place)}"
  }
}
