internal import Kubernetes
internal import Scaling

extension TargetFailure {
  /// What a failure of the API server means for one that scales.
  ///
  /// - Parameter now: of the monotonic clock.
  init(_ failure: KubernetesFailure, now: Duration) {
    let kind: Kind =
      switch failure.kind {
      // The target was there a moment ago: the next look finds it missing.
      case .conflict, .notFound: .conflict
      case .badRequest, .forbidden, .invalid, .malformed, .unknownResource: .refused
      case .throttled: .throttled(until: now + (failure.retryAfter ?? .seconds(1)))
      case .unreachable, .unauthorized, .alreadyExists, .expired, .serverError: .unavailable
      }
    self.init(kind, failure.message)
  }
}
