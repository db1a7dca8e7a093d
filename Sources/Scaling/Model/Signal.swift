internal import Time

/// One source of demand in a policy.
package struct Signal: Hashable, Sendable {
  /// Unique within the policy; names the signal in explanations and metrics.
  package var name: String
  /// Overrides the policy's lead time for this signal alone.
  package var leadTime: Duration?
  /// What is done while nothing is known of the signal: with true, there is no decision; with
  /// false, it takes no part.
  package var required: Bool
  /// Overrides the policy's hold for this signal alone.
  package var hold: Hold?
  /// Judged and shown, but without a part in any decision; it is never missing.
  package var observe: Bool
  package var kind: Kind

  /// The long ones are elsewhere, so that a signal is short. Were all three, Swift would tell them apart by
  /// bits of the address, and LeakSanitizer would take for lost what it does not find.
  package enum Kind: Hashable, Sendable {
    indirect case forecast(ForecastSignal)
    case schedule(Schedule)
    indirect case prometheus(PrometheusSignal)
  }

  package init(
    name: String, leadTime: Duration? = nil, required: Bool = true, hold: Hold? = nil,
    observe: Bool = false, kind: Kind
  ) {
    self.name = name
    self.leadTime = leadTime
    self.required = required
    self.hold = hold
    self.observe = observe
    self.kind = kind
  }
}

/// Replicas that will be needed, as a series over time.
package struct ForecastSignal: Hashable, Sendable {
  package var origin: Origin
  /// How old a snapshot may be and still count as fresh; nil for twice the lead time.
  package var maxAge: Duration?
  /// How it becomes replicas; nil for as it comes.
  @Rare package var plan: ForecastPlan?
  /// How it is asked for; nil for as the data source says. A forecast that is built in has its own.
  @Rare package var options: RequestOptions?

  package enum Origin: Hashable, Sendable {
    /// Computed by a forecaster: the data source's name as the manifest writes it, and the
    /// forecaster's name of the workload.
    case forecaster(source: String, workload: String)
    /// Computed here.
    case builtIn(Shared<BuiltInForecast>)
    /// A series in the answer of a data source of type `http`, which the manifest names.
    case json(source: String, Shared<JSONQuery>)
  }

  package init(source: String, workload: String, maxAge: Duration? = nil) {
    origin = .forecaster(source: source, workload: workload)
    self.maxAge = maxAge
  }

  package init(source: String, _ query: JSONQuery) {
    origin = .json(source: source, Shared(query))
  }

  package init(_ builtIn: BuiltInForecast) {
    origin = .builtIn(Shared(builtIn))
  }

  /// The forecaster's name of the workload; nil for a forecast that is built in.
  package var workload: String? {
    guard case .forecaster(_, let workload) = origin else { return nil }
    return workload
  }

  /// Nil for one of a forecaster.
  package var builtIn: BuiltInForecast? {
    guard case .builtIn(let forecast) = origin else { return nil }
    return forecast.value
  }
}

/// Replicas from a live value, of a PromQL query or of an HTTP endpoint: so many for each `threshold`,
/// or a fixed number from `threshold` on.
package struct PrometheusSignal: Hashable, Sendable {
  /// The data source's name, as the manifest writes it.
  package var source: String
  /// PromQL; empty where `json` is asked.
  package var query: String
  /// What a data source of type `http` is asked in place of PromQL; nil for a Prometheus.
  @Rare package var json: JSONQuery?
  /// How it is asked; nil for as the data source says.
  @Rare package var options: RequestOptions?
  /// What one replica carries, in the query's unit: finite and above 0. For a switched signal the
  /// value from which on it asks for replicas: finite.
  package var threshold: Double
  /// A value at or below this asks for 0 replicas. Means nothing for a switched signal.
  package var activationThreshold: Double
  package var onEmpty: EmptyResult
  /// What a switched signal asks for from `threshold` on; below it asks for 0 (KubeElasti's
  /// triggers). Nil for `ceil(value / threshold)`.
  private var switched: Int32?
  /// Label matchers for `up`, such as `job="my-api"`; nil for no check. See `uptimeQuery(step:)`.
  package var uptimeFilter: String?
  /// How long the target must have been up before this signal may say zero.
  package var uptimeCooldown: Duration
  /// A query that says how whole the data behind `query` is, such as the number of targets that are
  /// up; nil for no such check. An empty result is 0.
  package var evidence: String?
  /// How long the evidence has to stay at a lower level before the value may fall with it: 0 or
  /// more.
  package var evidenceSettles: Duration

  package init(
    source: String, query: String, threshold: Double, activationThreshold: Double = 0,
    onEmpty: EmptyResult = .error, switchedTo: Int? = nil, uptimeFilter: String? = nil,
    uptimeCooldown: Duration = Policy.Defaults.uptimeCooldown, evidence: String? = nil,
    evidenceSettles: Duration = Policy.Defaults.evidenceSettles
  ) {
    self.source = source
    self.query = query
    self.threshold = threshold
    self.activationThreshold = activationThreshold
    self.onEmpty = onEmpty
    switched = switchedTo.map { Int32(clamping: $0) }
    self.uptimeFilter = uptimeFilter
    self.uptimeCooldown = uptimeCooldown
    self.evidence = evidence
    self.evidenceSettles = evidenceSettles
  }

  /// What is asked, for people.
  package var asked: String { json?.text ?? query }

  /// What a switched signal asks for from `threshold` on; nil for a signal that is not switched.
  package var switchedTo: Int? { switched.map(Int.init) }

  /// The query that is 1 when the target was up during the whole cooldown (KubeElasti's
  /// `uptimeFilter`; design, section 1), nil without a filter.
  ///
  /// - Parameter step: of the subquery. Without one each server takes its own: VictoriaMetrics takes
  ///   five minutes, and sees no shorter outage.
  package func uptimeQuery(step: Duration) -> String? {
    uptimeFilter.map {
      let window = uptimeCooldown.components.seconds
      return "min_over_time((max(up{\($0)}) or vector(0))[\(window)s:\(step.promQLText)])"
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

extension Duration {
  /// As PromQL writes a duration: whole seconds, or milliseconds below one.
  fileprivate var promQLText: String {
    self < .seconds(1) ? "\(max(milliseconds, 1))ms" : "\(components.seconds)s"
  }
}
