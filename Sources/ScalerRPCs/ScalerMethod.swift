package import GRPCWire

/// The RPCs that Headstart serves. Raw values are the method numbers that the server hands back.
package enum ScalerMethod: Int, CaseIterable, Sendable {
  case isActive
  case streamIsActive
  case getMetricSpec
  case getMetrics
  case streamMetricSpec
  case healthCheck
  case healthWatch
  case reflection
  case reflectionAlpha

  /// The gRPC service that the method belongs to.
  package var service: String {
    switch self {
    case .isActive, .streamIsActive, .getMetricSpec, .getMetrics, .streamMetricSpec:
      Self.scalerService
    case .healthCheck, .healthWatch: "grpc.health.v1.Health"
    case .reflection: "grpc.reflection.v1.ServerReflection"
    case .reflectionAlpha: "grpc.reflection.v1alpha.ServerReflection"
    }
  }

  /// The method's own name, as metrics label it.
  package var name: String {
    switch self {
    case .isActive: "IsActive"
    case .streamIsActive: "StreamIsActive"
    case .getMetricSpec: "GetMetricSpec"
    case .getMetrics: "GetMetrics"
    case .streamMetricSpec: "StreamMetricSpec"
    case .healthCheck: "Check"
    case .healthWatch: "Watch"
    case .reflection, .reflectionAlpha: "ServerReflectionInfo"
    }
  }

  package var path: String { "/\(service)/\(name)" }

  package var kind: RPCKind {
    switch self {
    case .isActive, .getMetricSpec, .getMetrics, .healthCheck: .unary
    case .streamIsActive, .streamMetricSpec, .healthWatch: .serverStreaming
    case .reflection, .reflectionAlpha: .bidirectionalStreaming
    }
  }

  /// Whether it is one of KEDA's five, which Kedastral's metrics count.
  package var isScaler: Bool {
    switch self {
    case .isActive, .streamIsActive, .getMetricSpec, .getMetrics, .streamMetricSpec: true
    case .healthCheck, .healthWatch, .reflection, .reflectionAlpha: false
    }
  }

  package static let scalerService = "externalscaler.ExternalScaler"
}
