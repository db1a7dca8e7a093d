package import Time

/// A forecast that Headstart makes itself, from the history of a query (forecast specification).
///
/// Signals that agree in all of it, and mean the same data source, share what is learnt.
package struct BuiltInForecast: Hashable, Sendable {
  /// The data source's name, as the manifest writes it.
  package var source: String
  package var query: String
  /// The load that one replica carries, in the query's unit: finite and above 0.
  package var threshold: Double
  /// A load below this asks for 0 replicas: finite, 0 or more.
  package var activationThreshold: Double
  /// By how much more is asked for than is forecast: 1 or more.
  package var headroom = 1.0
  /// The share of time in which the forecast is to be enough, 0.5...0.99.
  package var quantile: Double
  /// The length of a bucket: a divisor of an hour, a minute or more.
  package var step: Duration
  /// How far ahead it looks: above 0, at most 24 steps. That of the manifest: another one in a
  /// trigger's metadata changes the lead window, but not what is learnt.
  package var leadTime: Duration
  /// How much of the past is learnt at the start, in `histories`.
  package var history: Duration
  /// What stands for a bucket.
  package var bucket: Bucket
  /// Whose clock days and weeks follow, an IANA name.
  package var timeZone: String
  /// Whether a sudden zero is an outage, and not learnt.
  package var ignoresOutages: Bool
  /// Incidents and load tests, which are not learnt; in order of their beginning.
  package var exclusions: [Range<Instant>]
  /// How the history is asked for; nil for as the data source says.
  @Rare package var options: RequestOptions?

  package enum Bucket: String, Hashable, Sendable, CaseIterable {
    case max
    case mean
  }

  /// The lengths of history that can be asked for.
  package static let histories = Duration.seconds(86_400)...Duration.seconds(56 * 86_400)

  package enum Defaults {
    package static let quantile = 0.9
    /// A history of 14 days loses up to 20 %, of 7 days up to 80 %.
    package static let history = Duration.seconds(28 * 86_400)
    package static let timeZone = "UTC"
  }

  package init(
    source: String, query: String, threshold: Double, activationThreshold: Double = 0,
    quantile: Double = Defaults.quantile, step: Duration, leadTime: Duration,
    history: Duration = Defaults.history, bucket: Bucket = .max,
    timeZone: String = Defaults.timeZone, ignoresOutages: Bool = true,
    exclusions: [Range<Instant>] = []
  ) {
    self.source = source
    self.query = query
    self.threshold = threshold
    self.activationThreshold = activationThreshold
    self.quantile = quantile
    self.step = step
    self.leadTime = leadTime
    self.history = history
    self.bucket = bucket
    self.timeZone = timeZone
    self.ignoresOutages = ignoresOutages
    self.exclusions = exclusions
  }

  /// The resolution of the subquery: a fifth of a bucket, at least a minute.
  package static func resolution(step: Duration) -> Duration { Swift.max(step / 5, .seconds(60)) }

  /// What Prometheus is asked for, at the end of each bucket: the highest value of it, because the
  /// mean of a bucket covers its worst minute only 62 % of the time at quantile 0.95.
  package var expression: String {
    let range = "\(step.components.seconds)s:\(Self.resolution(step: step).components.seconds)s"
    return switch bucket {
    case .max: "max_over_time((\(query))[\(range)])"
    case .mean: "avg_over_time((\(query))[\(range)])"
    }
  }

  /// The replicas that a load asks for: as a live query's, and none below `activationThreshold` and
  /// below a fifth of a replica.
  package func replicas(for load: Double) -> Int {
    guard load >= activationThreshold else { return 0 }
    return Self.replicas(for: load * headroom, threshold: threshold)
  }

  /// As a live query's, and none below a fifth of a replica.
  static func replicas(for load: Double, threshold: Double) -> Int {
    guard load >= idleReplicas * threshold else { return 0 }
    return PrometheusSignal(source: "", query: "", threshold: threshold).replicas(for: load)
  }

  /// A load of fewer replicas than this asks for none (forecast specification, step 6).
  private static let idleReplicas = 0.2
}
