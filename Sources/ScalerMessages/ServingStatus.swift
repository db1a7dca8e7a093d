/// The health of one service (`grpc.health.v1.HealthCheckResponse.ServingStatus`).
package enum ServingStatus: Hashable, Sendable, CaseIterable {
  case unknown
  case serving
  case notServing
  /// Only in answers of `Watch`; `Check` fails with NOT_FOUND instead.
  case serviceUnknown
}
