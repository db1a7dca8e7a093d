internal import Kubernetes
internal import Scaling

extension ObjectFacts {
  /// What KubeElasti's own tools read in the status of an ElastiService: `proxy` while requests have
  /// to be held because nothing runs, `serve` while it does.
  mutating func tellElasti(replicas: Int, scaledUpAt: Instant?) {
    let previous = extra.first { $0.key == "lastScaledUpTime" }
    extra = [JSONValue.Member("mode", .string(replicas == 0 ? "proxy" : "serve"))]
    if let scaledUpAt {
      extra.append(JSONValue.Member("lastScaledUpTime", .string(scaledUpAt.rfc3339)))
    } else if let previous {
      extra.append(previous)
    }
  }
}
