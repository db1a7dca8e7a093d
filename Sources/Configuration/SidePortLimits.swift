/// What clients of the side port may take (docs/limits.md).
package struct SidePortLimits: Sendable, Equatable {
  package var connections = 128
  /// Of one request, from its first byte to the last one of its answer.
  package var requestTimeout = Duration.seconds(60)

  /// Prometheus, the kubelet and people need a dozen.
  package static let maxConnections = 10_000

  package init() {}

  init(_ settings: Settings) throws(UsageError) {
    if let setting = settings[.httpMaxConnections] {
      connections = try setting.number(in: 1...Self.maxConnections)
    }
    if let setting = settings[.httpRequestTimeout] {
      requestTimeout = try setting.duration(atLeast: .seconds(1))
    }
  }
}
