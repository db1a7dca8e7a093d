/// What the flags say of the cluster and its API server.
package struct ClusterConfiguration: Sendable, Equatable {
  /// Custom resources are read, and their status is written.
  package var watches = false
  /// Whose custom resources are read; empty for all.
  package var namespaces: [String] = []
  /// Only custom resources with such labels are read; nil for all.
  package var selector: String?
  /// After which a watch without any event is restarted.
  package var silence = Duration.seconds(120)
  /// The flag's file; nil to look for the way to the cluster.
  package var kubeconfig: String?
  /// Nil where there is one replica only, which always writes.
  package var leaseName: String? = "headstart"
  /// Nil for the pod's own.
  package var leaseNamespace: String?
  /// Targets of policies are scaled here; nil where KEDA does it.
  package var direct: DirectConfiguration?

  /// Each kind is watched in each namespace: beyond this many, all of them is cheaper.
  package static let maximumNamespaces = 50
  /// Stands for no Lease.
  private static let none = "-"

  package init() {}

  /// Whether anything is asked of the API server.
  package var isNeeded: Bool { watches || direct != nil }

  init(_ settings: Settings) throws(UsageError) {
    if let setting = settings[.watch] { watches = try setting.truth() }
    if let setting = settings[.watchNamespaces] {
      namespaces = try setting.names(atMost: Self.maximumNamespaces)
      guard watches else {
        throw UsageError("\(setting.name) is given, but not --watch: nothing would be watched")
      }
    }
    if let setting = settings[.watchSelector] {
      guard LabelSelector.isValid(setting.value) else {
        throw UsageError(
          "\(setting.name) is \"\(setting.value)\", but has to be a label selector, such as"
            + " \"shard=a\" or \"shard in (a,all)\"")
      }
      selector = setting.value
      guard watches else {
        throw UsageError("\(setting.name) is given, but not --watch: nothing would be watched")
      }
    }
    direct = try DirectConfiguration(settings)
    if let setting = settings[.watchSilence] {
      silence = try setting.duration(atLeast: .seconds(1))
    }
    // The variable is a list of files, which are looked for as kubectl does.
    kubeconfig = settings.flags.values[.kubeconfig]?.last
    if let setting = settings[.leaseName] {
      leaseName = setting.value == Self.none ? nil : try setting.name(dots: true)
    }
    if let setting = settings[.leaseNamespace] { leaseNamespace = try setting.name(dots: false) }
  }
}

extension Setting {
  /// Names of namespaces, separated by commas, each once.
  fileprivate func names(atMost limit: Int) throws(UsageError) -> [String] {
    var names: [String] = []
    for part in value.split(separator: ",", omittingEmptySubsequences: false) {
      let name = try Setting(name: self.name, value: String(part), expected: expected)
        .name(dots: false)
      if !names.contains(name) { names.append(name) }
    }
    guard names.count <= limit else {
      throw UsageError(
        "\(name) names \(names.count) namespaces, but may name \(limit): leave it out for all")
    }
    return names
  }

  /// The name of a Kubernetes object: an RFC 1123 label, or with dots a subdomain.
  func name(dots: Bool) throws(UsageError) -> String {
    let labels = value.utf8.split(omittingEmptySubsequences: false) {
      dots && $0 == UInt8(ascii: ".")
    }
    let isName =
      value.utf8.count <= (dots ? 253 : 63)
      && labels.allSatisfy { label in
        label.allSatisfy { Self.isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
          && label.first.map(Self.isLetterOrDigit) == true
          && label.last.map(Self.isLetterOrDigit) == true
      }
    guard isName else {
      throw UsageError(
        "\(name) is \"\(value)\", but has to be made of lowercase letters, digits and \"-\"")
    }
    return value
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
      || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}
