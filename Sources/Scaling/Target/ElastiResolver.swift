/// The Service of KubeElasti's resolver, the proxy that holds requests for a workload at zero.
package struct ElastiResolver: Hashable, Sendable {
  package var namespace: String
  package var service: String
  /// Where its pods take the requests: 1 to 65535.
  package var port: Int

  package init(namespace: String, service: String, port: Int) {
    self.namespace = namespace
    self.service = service
    self.port = port
  }
}
