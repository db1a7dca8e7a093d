internal import HTTPClient

/// One request to the API server, before anything is known of the connection.
package struct APICall: Sendable {
  /// In the words of RBAC.
  package enum Verb: String, Sendable, CaseIterable {
    case get, list, watch, create, update, patch, delete

    var method: HTTPRequest.Method {
      switch self {
      case .get, .list, .watch: .get
      case .create: .post
      case .update: .put
      case .patch: .patch
      case .delete: .delete
      }
    }
  }

  package var verb: Verb
  /// Nil for discovery, which no rule of RBAC is about.
  package var path: ResourcePath?
  /// Percent-encoded, beginning with `/`.
  package var address: String
  package var query: [(name: String, value: String)] = []
  package var body: JSONValue?
  /// The limit of all attempts together.
  package var deadline: Duration
  /// Whether failures that may pass are tried again until the deadline.
  package var repeats = true
  /// Whether only the object's metadata is asked for, `managedFields` included.
  package var isOfManagers = false

  package enum Defaults {
    /// Of a read, pages apart; the API server itself ends requests after 60 s. After the short attempts
    /// of `RetryPlan` half a minute is left for a slow one.
    package static let readDeadline = Duration.seconds(45)
    package static let writeDeadline = Duration.seconds(15)
    /// As it stands in `managedFields` (Kubernetes: server-side apply, "Managers").
    package static let fieldManager = "headstart"
  }

  package init(
    _ verb: Verb, _ path: ResourcePath, body: JSONValue? = nil, deadline: Duration? = nil
  ) {
    self.verb = verb
    self.path = path
    self.body = body
    address = path.path
    switch verb {
    case .get, .list, .watch:
      self.deadline = deadline ?? Defaults.readDeadline
    case .create, .update, .patch:
      self.deadline = deadline ?? Defaults.writeDeadline
      query.append(("fieldManager", Defaults.fieldManager))
    case .delete:
      self.deadline = deadline ?? Defaults.writeDeadline
    }
  }

  /// A request of discovery.
  init(address: String) {
    verb = .get
    self.address = address
    deadline = Defaults.readDeadline
  }

  /// Has the server check everything and change nothing (`dryRun=All`).
  package var isDryRun: Bool {
    get { query.contains { $0.name == "dryRun" } }
    set {
      query.removeAll { $0.name == "dryRun" }
      if newValue { query.append(("dryRun", "All")) }
    }
  }

  /// For people: `patch deployments.apps/scale default/checkout`.
  package var shown: String { "\(verb.rawValue) \(path?.shown ?? address)" }

  /// The resource as a rule of RBAC names it.
  var ruleResource: String {
    guard let path else { return address }
    return path.subresource.map { "\(path.resource.name)/\($0)" } ?? path.resource.name
  }

  /// What the body is. A merge patch is understood by every resource, custom ones too (RFC 7386).
  var contentType: String? {
    guard body != nil else { return nil }
    return verb == .patch ? "application/merge-patch+json" : "application/json"
  }

  /// A server that cannot leave the rest out sends the whole object.
  var acceptedType: String {
    isOfManagers
      ? "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"
      : "application/json"
  }

  /// Whether a second time does no harm where the first one's end is not known.
  var isIdempotent: Bool { verb != .create }

  var queryText: String {
    guard !query.isEmpty else { return "" }
    return "?"
      + query.map { "\($0.name)=\(PercentEncoding.encode($0.value))" }.joined(separator: "&")
  }
}
