/// How an RPC of the external scaler was answered, in the words of the seed's metric
/// `kedastral_scaler_grpc_requests_total{status}`.
package enum SeedStatus: String, Hashable, Sendable, CaseIterable {
  case success, error, active, inactive
  /// IsActive said false because the forecast could not be fetched.
  case inactiveError = "inactive_error"
  /// IsActive said false because the forecast was stale.
  case inactiveStale = "inactive_stale"
}

/// What the seed counts about one method of the external scaler.
package final class SeedRPCMetrics: Sendable {
  private let method: String
  private let requests: CounterFamily
  /// The statuses that were named at creation: counted without a lock.
  private let known: [SeedStatus: Counter]
  private let duration: Histogram

  init(_ metrics: HeadstartMetrics, method: String, statuses: [SeedStatus]) {
    self.method = method
    let requests = metrics.seedRequests
    self.requests = requests
    var known: [SeedStatus: Counter] = [:]
    for status in statuses { known[status] = requests.with([method, status.rawValue]) }
    self.known = known
    duration = metrics.seedRequestDuration.with([method])
  }

  package func answered(_ status: SeedStatus, after duration: Duration) {
    (known[status] ?? requests.with([method, status.rawValue])).increment()
    self.duration.observe(duration)
  }
}

extension HeadstartMetrics {
  /// The handles of one method: get them once and keep them.
  ///
  /// - Parameters:
  ///   - method: Its short name, such as `IsActive`.
  ///   - statuses: Those that are usual for it; they are exposed from the start, as 0.
  package func seedRPC(_ method: String, statuses: [SeedStatus]) -> SeedRPCMetrics {
    SeedRPCMetrics(self, method: method, statuses: statuses)
  }
}
