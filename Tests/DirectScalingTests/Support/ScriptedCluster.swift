internal import Kubernetes
internal import Synchronization
internal import TestKit

/// An API server with one Deployment, `shop/web`, and the autoscalers of its namespace.
final class ScriptedCluster: Sendable {
  struct Content {
    /// Nil while there is no Deployment.
    var replicas: Int? = 2
    var version = 1
    var hasScale = true
    /// Whether reading the scale is refused.
    var isForbidden = false
    /// JSON.
    var scaledObjects: [String] = []
    var autoscalers: [String] = []
    /// Does what happens just before the scale is read, and says whether it is answered.
    var onRead: @Sendable (inout Content) -> Bool = { _ in true }
    /// Does what happens just before the scale is written.
    var onWrite: @Sendable (inout Content) -> Void = { _ in }
  }

  /// Shared with the server's threads.
  private final class Store: Sendable {
    let content: Mutex<Content>

    init(_ content: Content) {
      self.content = Mutex(content)
    }
  }

  let server: ScriptedServer
  private let store: Store

  static let webPath = "/apis/apps/v1/namespaces/shop/deployments/web"
  static let scalePath = "\(webPath)/scale"
  static let scaledObjectPath = "/apis/keda.sh/v1alpha1/namespaces/shop/scaledobjects"

  init(_ change: (inout Content) -> Void = { _ in }) throws {
    var content = Content()
    change(&content)
    let store = Store(content)
    self.store = store
    server = try ScriptedServer { request in store.content.withLock { $0.answer(request) } }
  }

  deinit { server.stop() }

  func change(_ change: (inout Content) -> Void) {
    store.content.withLock { change(&$0) }
  }

  var replicas: Int? { store.content.withLock { $0.replicas } }

  /// All that was to be changed, events apart.
  var writes: [ScriptedServer.Request] { server.requests.filter { $0.method == "PATCH" } }
}

extension ScriptedCluster.Content {
  fileprivate mutating func answer(_ request: ScriptedServer.Request) -> [ScriptedServer.Step] {
    switch (request.method, String(request.target.prefix { $0 != "?" })) {
    case ("GET", "/apis/apps/v1"): [.reply(200, resources)]
    case ("GET", ScriptedCluster.scalePath): read()
    case ("PATCH", ScriptedCluster.scalePath): [write(request)]
    case ("GET", ScriptedCluster.scaledObjectPath): [.reply(200, Self.list(scaledObjects))]
    case ("GET", "/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers"):
      [.reply(200, Self.list(autoscalers))]
    case ("GET", ScriptedCluster.webPath):
      [
        .reply(
          200,
          """
          {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": {
            "name": "web", "namespace": "shop", "managedFields": [{"manager": "helm",
            "operation": "Update", "fieldsV1": {"f:spec": {"f:replicas": {}}}}]}}
          """)
      ]
    case ("PATCH", _), ("POST", _): [.reply(200, request.body)]
    default: [.reply(404, #"{"kind": "Status"}"#)]
    }
  }

  private var resources: String {
    let scale =
      hasScale ? #", {"name": "deployments/scale", "kind": "Scale", "namespaced": true}"# : ""
    return """
      {"kind": "APIResourceList", "groupVersion": "apps/v1", "resources": [
        {"name": "deployments", "kind": "Deployment", "namespaced": true}\(scale)]}
      """
  }

  private static func list(_ items: [String]) -> String {
    #"{"kind": "List", "metadata": {"resourceVersion": "1"}, "items": [\#(items.joined(separator: ","))]}"#
  }

  private mutating func read() -> [ScriptedServer.Step] {
    let onRead = onRead
    guard onRead(&self) else { return [.hang] }
    guard !isForbidden else {
      return [.reply(403, #"{"kind": "Status", "reason": "Forbidden", "message": "not you"}"#)]
    }
    guard replicas != nil else {
      return [
        .reply(404, #"{"kind": "Status", "reason": "NotFound", "details": {"name": "web"}}"#)
      ]
    }
    return [.reply(200, scale)]
  }

  private var scale: String {
    """
    {"kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": {"name": "web",
      "namespace": "shop", "uid": "u", "resourceVersion": "\(version)"},
      "spec": {"replicas": \(replicas ?? 0)}}
    """
  }

  /// As the API server does: a patch of another version than the present one is a conflict.
  private mutating func write(_ request: ScriptedServer.Request) -> ScriptedServer.Step {
    let onWrite = onWrite
    onWrite(&self)
    guard let patch = try? JSONValue(Array(request.body.utf8)),
      let wanted = patch["spec"]?["replicas"]?.integer
    else { return .reply(400, "{}") }
    if let version = patch["metadata"]?["resourceVersion"]?.text, version != "\(self.version)" {
      return .reply(409, #"{"kind": "Status", "reason": "Conflict", "message": "changed"}"#)
    }
    guard !request.target.contains("dryRun=All") else { return .reply(200, scale) }
    replicas = wanted
    version += 1
    return .reply(200, scale)
  }
}
