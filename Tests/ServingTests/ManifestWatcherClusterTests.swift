internal import CivilTime
internal import Configuration
internal import EventLoop
internal import Kubernetes
internal import Scaling
internal import Telemetry
internal import TestKit
internal import Testing
internal import Time

@testable internal import Serving

/// The watcher beside an API server.
struct ManifestWatcherClusterTests {
  /// An API server that knows one kind, of which it has one object, and whose watches stay silent.
  private static func apiServer() throws -> ScriptedServer {
    let group = "/apis/headstart.dev/v1alpha1"
    let policy = """
      {"apiVersion": "headstart.dev/v1alpha1", "kind": "ScalingPolicy",
       "metadata": {"name": "api", "namespace": "shop", "uid": "1", "resourceVersion": "7"},
       "spec": {"signals": [{"name": "calendar", "schedule": {"timeZone": "UTC", "default": 4}}]}}
      """
    return try ScriptedServer { request in
      let path = request.target.prefix { $0 != "?" }
      let json = ["Content-Type: application/json"]
      if request.target.contains("watch=") { return [.hang] }
      switch path {
      case group:
        return [
          .reply(
            200,
            """
            {"kind": "APIResourceList", "groupVersion": "headstart.dev/v1alpha1", "resources": [
              {"name": "scalingpolicies", "kind": "ScalingPolicy", "namespaced": true, "verbs": []}]}
            """, headers: json)
        ]
      case "\(group)/scalingpolicies":
        return [
          .reply(
            200,
            """
            {"apiVersion": "headstart.dev/v1alpha1", "kind": "ScalingPolicyList",
             "metadata": {"resourceVersion": "7"}, "items": [\(policy)]}
            """, headers: json)
        ]
      default:
        return [.reply(404, #"{"kind": "Status", "reason": "NotFound"}"#, headers: json)]
      }
    }
  }

  @Test func `the lists of the API server count once they are read, not when they have come`()
    throws
  {
    let server = try Self.apiServer()
    defer { server.stop() }
    let loop = try EventLoop(name: "test")
    let watcher = ManifestWatcher(
      loop: loop,
      configuration: ManifestWatcherConfiguration(
        directories: [], defaults: PolicyDefaults(triggerServers: .none), zones: CCTZDatabase(),
        dataSources: [], watchesCluster: true),
      logger: .disabled, metrics: HeadstartMetrics(version: "test"), findings: FindingsBoard()
    ) { _ in }
    let thread = LoopThread(try loop.start())
    defer {
      _ = loop.call { watcher.assumeIsolated { $0.shutDown() } }
      loop.stop()
      thread.join()
    }
    let address = server.address
    let start = loop.call {
      Result {
        try watcher.assumeIsolated { watcher in
          _ = try watcher.start()
          try watcher.watchResources(
            makeSource: { restored, onChange, onStatus in
              try ResourceSource(
                access: ClusterAccess(server: address), configuration: ClusterConfiguration(),
                loop: watcher.loop, logger: .disabled,
                metrics: KubernetesMetrics(MetricsRegistry()), restored: restored,
                onChange: onChange, onStatus: onStatus)
            }, onReviews: { _, _ in })
        }
      }
    }
    try #require(start).get()
    // Whoever starts to take catalogs at this moment must not take an empty one for the whole.
    var catalog: Catalog?
    let end = ContinuousClock.now + .seconds(30)
    repeat {
      catalog = loop.call { watcher.assumeIsolated { $0.catalog } }
    } while catalog?.broken.isEmpty != true && ContinuousClock.now < end
    #expect(catalog?.broken == [])
    #expect(catalog?.policies.keys.map(\.description) == ["shop/api"])
  }
}
