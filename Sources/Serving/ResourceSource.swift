internal import Configuration
internal import EventLoop
internal import Kubernetes
internal import Manifests
internal import Scaling
internal import Telemetry

/// The custom resources of the cluster, as manifests: every object is a file of its own, so that a
/// broken one keeps its last good version and stops nothing else.
///
/// Confined to the manifests' loop.
final class ResourceSource {
  private let client: KubernetesClient
  private let logger: Logger
  private let metrics: KubernetesMetrics
  private let onChange: () -> Void
  private let onStatus: (ObjectReview) -> Void
  private var reflectors: [Reflector] = []
  /// By kind, in the order of the kinds.
  private var kinds: [(kind: ResourceKind, objects: [ObjectKey: Watched])]
  /// What discovery has found, by the index of the kind.
  private var resources: [Int: APIResource] = [:]
  /// Of those, the ones that have listed.
  private var listed: Set<Scope> = []
  /// What an earlier process knew, by the path of the kind's contents. It stays until all of its kind
  /// has been listed.
  private let restored: [String: [FileContents]]
  private let scopesOfEach: Int
  /// Reflectors that have neither listed anything nor found that there is nothing to list.
  private var pending: Set<Scope> = []
  /// What was last told of each object.
  private var reviews: [ObjectID: ObjectReview] = [:]

  private struct Watched {
    var resource: APIResource
    var reference: ObjectReference
    var generation: Int
    var status: JSONValue?
    var file: FileContents

    /// Whether nothing differs but the status.
    func saysTheSame(as other: Watched?) -> Bool {
      reference.uid == other?.reference.uid && generation == other?.generation
        && file == other?.file
    }
  }

  private struct Scope: Hashable {
    var kind: ResourceKind
    var namespace: String?
  }

  /// - Parameters:
  ///   - restored: what an earlier process knew.
  ///   - onChange: called on the loop when `contents` may have changed.
  ///   - onStatus: called on the loop when somebody has written a status, and nothing else.
  init(
    access: ClusterAccess, configuration: ClusterConfiguration, loop: EventLoop, logger: Logger,
    metrics: KubernetesMetrics, restored: [DirectoryContents], onChange: @escaping () -> Void,
    onStatus: @escaping (ObjectReview) -> Void
  ) throws(EventLoopError) {
    self.logger = logger
    self.metrics = metrics
    self.onChange = onChange
    self.onStatus = onStatus
    kinds = ResourceKind.all.map { ($0, [:]) }
    self.restored = Dictionary(uniqueKeysWithValues: restored.map { ($0.path, $0.files) })
    scopesOfEach = max(configuration.namespaces.count, 1)
    client = try KubernetesClient(
      access: access, loop: loop, userAgent: "headstart/\(Version.number)", metrics: metrics)
    let namespaces: [String?] =
      configuration.namespaces.isEmpty ? [nil] : configuration.namespaces
    for (index, (kind, _)) in kinds.enumerated() {
      for namespace in namespaces {
        let scope = Scope(kind: kind, namespace: namespace)
        pending.insert(scope)
        reflectors.append(
          try Reflector(
            client: client, kind: GroupVersionKind(apiVersion: kind.apiVersion, kind: kind.kind),
            namespace: namespace,
            settings: Reflector.Settings(
              silence: configuration.silence, selector: configuration.selector),
            logger: logger, metrics: metrics
          ) { [unowned self] in took($0, of: index, in: scope) })
      }
    }
  }

  func start() {
    for reflector in reflectors { reflector.start() }
  }

  func shutDown() {
    for reflector in reflectors { reflector.stop() }
    client.shutDown()
  }

  /// The API server answers again, as calls of another loop have noticed.
  func serverReturned(_ awaySince: Duration) {
    for reflector in reflectors { reflector.serverReturned(awaySince) }
  }

  /// Whether everything has been listed for the first time, as far as there is something to list.
  var isSynced: Bool { pending.isEmpty }

  var count: Int { kinds.reduce(0) { $0 + $1.objects.count } }

  /// Every object as a file, by kind. Kinds without objects are left out.
  var contents: [DirectoryContents] {
    kinds.compactMap { kind, objects in
      let path = "custom resources \(kind.kind)"
      var files = objects.sorted { $0.key < $1.key }.map(\.value.file)
      if !isListed(kind), let earlier = restored[path] {
        let known = Set(files.map(\.path))
        files += earlier.filter { !known.contains($0.path) }
      }
      guard !files.isEmpty else { return nil }
      return DirectoryContents(path: path, listing: .files(files), holdsObjects: true)
    }
  }

  private func isListed(_ kind: ResourceKind) -> Bool {
    listed.count { $0.kind == kind } == scopesOfEach
  }

  // MARK: Changes

  private func took(_ change: Reflector.Change, of index: Int, in scope: Scope) {
    switch change {
    case .listed(let objects, let resource):
      pending.remove(scope)
      listed.insert(scope)
      resources[index] = resource
      var kept = kinds[index].objects.filter { key, _ in
        scope.namespace != nil && key.namespace != scope.namespace
      }
      for object in objects { kept[object.key] = Self.watched(object, resource) }
      kinds[index].objects = kept
    case .stored(let object):
      guard let resource = resources[index] else { return }
      let watched = Self.watched(object, resource)
      let previous = kinds[index].objects.updateValue(watched, forKey: object.key)
      if watched.saysTheSame(as: previous) { return tell(status: watched) }
    case .deleted(let object):
      kinds[index].objects[object.key] = nil
    case .absent:
      // What was known of the kind stays: a server that starts does not know its CRDs at first.
      pending.remove(scope)
    case .failed(let failure):
      guard !failure.isTransient else { return }
      // A role that lacks a rule must not keep the other kinds from being served.
      pending.remove(scope)
    }
    metrics.count(kinds[index].objects.count, of: kinds[index].kind.kind)
    onChange()
  }

  /// Every status that is written comes back through the watch: no reason to read anything again.
  private func tell(status watched: Watched) {
    let reference = watched.reference
    let id = ObjectID(
      kind: reference.kind, namespace: reference.namespace, name: reference.name)
    guard var review = reviews[id], review.status != watched.status else { return }
    review.status = watched.status
    reviews[id] = review
    onStatus(review)
  }

  private static func watched(_ object: KubernetesObject, _ resource: APIResource) -> Watched {
    var metadata: JSONValue = ["name": .string(object.name)]
    metadata.set("namespace", object.namespace.map { .string($0) })
    var manifest: JSONValue = [
      "apiVersion": .string(object.apiVersion), "kind": .string(object.kind),
      "metadata": metadata,
    ]
    manifest.set("spec", object.json["spec"])
    return Watched(
      resource: resource, reference: object.reference, generation: object.generation,
      status: object.json["status"],
      file: FileContents(
        path: path(of: object.kind, object.key), content: .bytes(manifest.bytes)))
  }

  /// Whether a finding is about a custom resource, whose line and column mean nothing to anyone.
  func isResource(_ path: String) -> Bool {
    kinds.contains { path.hasPrefix("\($0.kind.kind) ") }
  }

  /// How findings name an object.
  private static func path(of kind: String, _ key: ObjectKey) -> String {
    "\(kind) \(key)"
  }

  // MARK: Findings

  /// What has become of the objects, as far as it differs from the last report.
  func reviews(of update: ManifestUpdate) -> (changed: [ObjectReview], removed: [ObjectID]) {
    let findings = Dictionary(grouping: update.diagnostics, by: \.file)
    let held = Set(update.heldFiles)
    var changed: [ObjectReview] = []
    var gone = Set(reviews.keys)
    for watched in kinds.lazy.flatMap(\.objects.values) {
      let path = watched.file.path
      let found = findings[path] ?? []
      let review = ObjectReview(
        resource: watched.resource, reference: watched.reference, generation: watched.generation,
        errors: found.filter { $0.severity == .error }.map(\.message),
        warnings: found.filter { $0.severity == .warning }.map(\.message),
        isHeld: held.contains(path), status: watched.status)
      gone.remove(review.id)
      guard reviews[review.id] != review else { continue }
      reviews[review.id] = review
      changed.append(review)
    }
    for id in gone { reviews[id] = nil }
    return (changed, Array(gone))
  }
}
