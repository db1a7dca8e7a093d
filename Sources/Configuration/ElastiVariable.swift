/// Variables of KubeElasti's operator that are no flags of Headstart.
package enum ElastiVariable: String, CaseIterable, Sendable {
  case resolverNamespace = "ELASTI_RESOLVER_NAMESPACE"
  case resolverService = "ELASTI_RESOLVER_SERVICE_NAME"
  case resolverProxyPort = "ELASTI_RESOLVER_PROXY_PORT"
  /// Sent as `Authorization` with every query of a trigger. Not a flag: others would see it in the
  /// list of processes.
  case authorization = "PROMETHEUS_TRIGGER_AUTHORIZATION_HEADER"
  /// How often triggers are asked.
  case pollingInterval = "POLLING_INTERVAL"

  /// Those that name the resolver together.
  static let resolver: [ElastiVariable] = [
    .resolverNamespace, .resolverService, .resolverProxyPort,
  ]
}
