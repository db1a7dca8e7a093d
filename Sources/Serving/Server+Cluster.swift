internal import Configuration
internal import DirectScaling
internal import EventLoop
internal import Glibc
internal import Kubernetes
internal import Telemetry

/// What `--watch` and `--direct` need of a cluster.
extension Server {
  /// What `--watch` and `--direct` bring.
  struct Cluster {
    let access: ClusterAccess
    let metrics: KubernetesMetrics
    let agent: ClusterAgent
  }

  /// Nil without `--watch` and `--direct`.
  func clusterAgent(on control: EventLoop) throws -> Cluster? {
    guard configuration.cluster.isNeeded else { return nil }
    let access: ClusterAccess
    do throws(ClusterAccess.Failure) {
      access = try ClusterAccess.find(
        kubeconfig: configuration.cluster.kubeconfig, environment: Self.clusterEnvironment)
    } catch {
      throw UsageError("flag --\(configuration.cluster.watches ? "watch" : "direct"): \(error)")
    }
    logger.info(
      "using the API server",
      ["address": .string(access.server), "through": .string(access.origin)])
    let metrics = KubernetesMetrics(metrics.registry)
    return Cluster(
      access: access, metrics: metrics,
      agent: ClusterAgent(
        loop: control, access: access, configuration: configuration.cluster, logger: logger,
        metrics: metrics,
        scalingMetrics: configuration.cluster.direct.map { _ in
          DirectScalingMetrics(self.metrics.registry)
        },
        elastiMetrics: configuration.cluster.direct?.resolver.map { _ in
          ElastiMetrics(self.metrics.registry)
        }))
  }

  /// The variables that tell the way to a cluster.
  private static var clusterEnvironment: [String: String] {
    var found: [String: String] = [:]
    for name in ["KUBECONFIG", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT", "HOME"] {
      found[name] = getenv(name).map { String(cString: $0) }
    }
    return found
  }

  /// Begins to watch custom resources.
  func watch(_ cluster: Cluster, with watcher: ManifestWatcher) throws {
    let agent = cluster.agent
    try onLoop(watcher.loop) {
      try watcher.assumeIsolated { watcher in
        try watcher.watchResources(
          makeSource: { restored, onChange, onStatus in
            try ResourceSource(
              access: cluster.access, configuration: configuration.cluster, loop: watcher.loop,
              logger: logger, metrics: cluster.metrics, restored: restored, onChange: onChange,
              onStatus: onStatus)
          },
          onReviews: { changed, removed in
            agent.loop.post {
              agent.assumeIsolated { $0.review(changed, removed: removed) }
            }
          })
      }
    }
    // The Lease asks the server every few seconds, and watches hear nothing for minutes.
    agent.loop.post {
      agent.assumeIsolated {
        $0.observeReturn { awaySince in
          watcher.loop.post { watcher.assumeIsolated { $0.serverReturned(awaySince) } }
        }
      }
    }
  }
}
