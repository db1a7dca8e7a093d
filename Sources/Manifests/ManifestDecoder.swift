internal import Scaling
internal import Time

/// Decodes the files of one reading, one after the other. Knows nothing of the other files:
/// `ManifestStore` checks what crosses their borders.
///
/// Not `Sendable`: `audits` and `shared` belong to the thread that reads the files.
struct ManifestDecoder {
  let defaults: PolicyDefaults
  let zones: any TimeZoneDatabase
  let audits: ScheduleAudits
  let shared = SharedSignals()
  let limits: YAMLLimits
  /// For the objects that are decoded.
  var foreignTargets = ForeignTargets.all

  /// - Parameters:
  ///   - now: Dates that are over by then draw a warning.
  ///   - auditBudget: See `ScheduleAudits`.
  init(
    defaults: PolicyDefaults, zones: any TimeZoneDatabase, now: Instant,
    limits: YAMLLimits = .defaults, auditBudget: Int = .max
  ) {
    self.defaults = defaults
    self.zones = zones
    self.limits = limits
    audits = ScheduleAudits(zones: zones, now: now, budget: auditBudget)
  }

  /// The objects of one file, and everything that is wrong with it.
  struct File: Hashable, Sendable {
    var objects: [ManifestObject]
    var diagnostics: [Diagnostic]
    /// All or nothing: with an error in it, none of its objects is used.
    var isGood: Bool
  }

  /// - Parameter path: How diagnostics name the file.
  func decode(_ bytes: [UInt8], path: String) -> File {
    let report = ManifestReport(file: path)
    let stream = YAMLStream(bytes, limits: limits)
    var objects: [ManifestObject] = []
    for document in stream.documents {
      objects += decode(ManifestValue(document: document, report: report))
    }
    if let problem = stream.problem {
      report.error(problem.message, at: problem.position)
    } else if stream.documents.isEmpty {
      report.warning("there is no manifest in this file", at: .start)
    }
    return File(
      objects: objects, diagnostics: report.diagnostics, isGood: report.errorCount == 0)
  }

  private func decode(_ value: ManifestValue, inList: Bool = false) -> [ManifestObject] {
    guard value.node.kind == .mapping else {
      value.error(expected: "a manifest, which is a mapping with apiVersion, kind and metadata")
      return []
    }
    guard let fields = value.mapping() else { return [] }
    let apiVersion = fields.required("apiVersion", example: "headstart.dev/v1alpha1")
    let kind = fields.required("kind", example: "ScalingPolicy")
    guard let apiVersion, let kind, let version = apiVersion.text(), let word = kind.text() else {
      return []
    }
    if version == "v1", word == "List" {
      guard !inList else {
        kind.error("a List inside a List is not supported")
        return []
      }
      return decodeList(fields)
    }
    guard let known = ManifestKinds.find(apiVersion: (apiVersion, version), kind: (kind, word))
    else { return [] }
    return decode(known, fields).map { [$0] } ?? []
  }

  /// What `kubectl get -o yaml` writes for several objects.
  private func decodeList(_ fields: ManifestFields) -> [ManifestObject] {
    let items = fields.required("items")?.list() ?? []
    fields.ignore(["metadata"])
    fields.reportUnknown()
    return items.flatMap { decode($0, inList: true) }
  }

  private func decode(
    _ kind: any ManifestKind.Type, _ fields: ManifestFields
  ) -> ManifestObject? {
    let metadata = fields.required("metadata", example: "{name: my-api}").flatMap {
      ObjectMetadata($0, takesCapitals: kind.takesCapitals)
    }
    let spec = fields.required("spec")?.mapping()
    fields.ignore(["status"])
    fields.reportUnknown { key in
      switch key {
      case "name", "namespace", "labels", "annotations":
        "it belongs into metadata, such as metadata: {name: my-api, namespace: default}"
      case "signals": "it belongs into spec, such as spec: {signals: [{schedule: {default: 2}}]}"
      case "address", "type":
        "it belongs into spec, such as spec: {type: prometheus, address: \"http://prometheus:9090\"}"
      default: nil
      }
    }
    guard let spec else { return nil }
    // A nameless object is decoded too, so that all errors of a file are reported at once.
    let standIn = ObjectMetadata(standInAt: fields.value.node.position)
    let object = kind.decode(spec: spec, metadata: metadata ?? standIn, decoder: self)
    return metadata == nil ? nil : object
  }
}
