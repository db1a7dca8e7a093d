/// One source of demand in a policy.
package struct Signal: Hashable, Sendable {
  /// Unique within the policy; names the signal in explanations and metrics.
  package var name: String
  /// Overrides the policy's lead time for this signal alone.
  package var leadTime: Duration?
  /// With true, losing this signal makes the whole decision unavailable.
  package var required: Bool
  package var kind: Kind

  package enum Kind: Hashable, Sendable {
    case forecast(ForecastSignal)
    case schedule(Schedule)
    case prometheus(PrometheusSignal)
  }

  package init(name: String, leadTime: Duration? = nil, required: Bool = false, kind: Kind) {
    self.name = name
    self.leadTime = leadTime
    self.required = required
    self.kind = kind
  }
}

/// Replicas that a forecaster computed for a workload.
package struct ForecastSignal: Hashable, Sendable {
  /// The data source's name, as the manifest writes it.
  package var source: String
  /// The forecaster's name of the workload.
  package var workload: String
  /// How old a snapshot may be and still count as fresh; nil for twice the lead time.
  package var maxAge: Duration?

  package init(source: String, workload: String, maxAge: Duration? = nil) {
    self.source = source
    self.workload = workload
    self.maxAge = maxAge
  }
}

/// Replicas from a live PromQL query: `ceil(value / threshold)`.
package struct PrometheusSignal: Hashable, Sendable {
  /// The data source's name, as the manifest writes it.
  package var source: String
  package var query: String
  /// What one replica carries, in the query's unit. Finite and above 0.
  package var threshold: Double
  /// A value at or below this asks for 0 replicas.
  package var activationThreshold: Double
  package var onEmpty: EmptyResult
  /// Label matchers for `up`, such as `job="my-api"`; nil for no check. See `uptimeQuery`.
  package var uptimeFilter: String?
  /// How long the target must have been up before this signal may say zero.
  package var uptimeCooldown: Duration

  package init(
    source: String, query: String, threshold: Double, activationThreshold: Double = 0,
    onEmpty: EmptyResult = .error, uptimeFilter: String? = nil,
    uptimeCooldown: Duration = Policy.Defaults.uptimeCooldown
  ) {
    self.source = source
    self.query = query
    self.threshold = threshold
    self.activationThreshold = activationThreshold
    self.onEmpty = onEmpty
    self.uptimeFilter = uptimeFilter
    self.uptimeCooldown = uptimeCooldown
  }

  /// The query that is 1 when the target was up during the whole cooldown (KubeElasti's
  /// `uptimeFilter`; design section 1), nil without a filter.
  package var uptimeQuery: String? {
    uptimeFilter.map {
      "min_over_time((max(up{\($0)}) or vector(0))[\(uptimeCooldown.components.seconds)s:])"
    }
  }
}

/// What an empty query result means.
package enum EmptyResult: Hashable, Sendable {
  /// A failure of the source: missing data never scales anything down.
  case error
  /// The value 0, by the author's explicit choice.
  case zero
}
