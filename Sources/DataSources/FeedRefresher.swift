package import EventLoop
package import HTTPClient
package import Scaling
package import Telemetry
package import Time

/// Keeps the readings of feeds up to date: fetches each at once when it is first wanted and then
/// at its data source's refresh interval, once for all who want it.
///
/// It knows nothing of policies. When to fetch is decided by `RefreshSchedule`, and what an attempt
/// means for a reading by `Reading`; here are the requests, the log and the metrics.
///
/// Confined to its loop: an actor of the loop owns it.
package final class FeedRefresher {
  private let loop: EventLoop
  private let client: HTTPClient
  private let wallClock: () -> Instant
  private let leadTime: (Feed) -> Duration
  private let metrics: HeadstartMetrics
  private let environment: CloudEnvironment
  private let onReading: (Feed, Reading) -> Void
  private var schedule: RefreshSchedule
  private var journal: FetchJournal
  private var sourcesByKey: [DataSourceKey: Source] = [:]
  private var readings: [Feed: Reading] = [:]
  private var calls: [FetchTarget: AuthorizedCall] = [:]
  private var timer: LoopTimer?
  private var isTakingTurn = false

  /// A data source in force.
  private struct Source {
    let dataSource: DataSource
    var credentials: SourceCredentials
    let client: AuthorizedClient
    let metrics: SourceMetrics
    /// Of queries, the form that has succeeded.
    var form = QueryForm()
    var lastSuccess: Instant?
    /// The sentence of its own trouble; nil when it has answered since.
    var trouble: String?
  }

  /// - Parameters:
  ///   - userAgent: What requests call us, such as `headstart/1.0.0`.
  ///   - wallClock: Dates the readings. Waits go by the loop's clock.
  ///   - environment: In which clouds say who this workload is.
  ///   - leadTime: The longest lead time of those that want a feed.
  ///   - onReading: Called on the loop after each attempt, and never from within another call of
  ///     the refresher.
  /// - Throws: when the loop has no room for timers, or libcurl cannot start.
  package init(
    loop: EventLoop, userAgent: String, wallClock: @escaping () -> Instant,
    leadTime: @escaping (Feed) -> Duration = { _ in Policy.Defaults.leadTime },
    environment: CloudEnvironment = CloudEnvironment(), jitter: JitterSource = .random(),
    logger: Logger, metrics: HeadstartMetrics,
    onReading: @escaping (Feed, Reading) -> Void
  ) throws(EventLoopError) {
    self.loop = loop
    self.wallClock = wallClock
    self.leadTime = leadTime
    self.metrics = metrics
    self.environment = environment
    self.onReading = onReading
    client = try HTTPClient(loop: loop, userAgent: userAgent)
    schedule = RefreshSchedule(jitter: jitter)
    journal = FetchJournal(logger: logger)
    timer = try LoopTimer(on: loop) { [unowned self] in takeTurn() }
  }

  /// Puts these data sources in force. The feeds of one that is new or changed are fetched soon;
  /// those of one that is gone fail from now on, and keep their last values.
  package func update(dataSources: [DataSourceKey: DataSource]) {
    for key in sourcesByKey.keys where dataSources[key] == nil {
      sourcesByKey[key] = nil
      journal.sourceRemoved(key)
      metrics.removeSource(key.name.description, kind: key.kind.rawValue)
      schedule.sourceRemoved(key, now: loop.now)
    }
    for (key, dataSource) in dataSources where sourcesByKey[key]?.dataSource != dataSource {
      sourcesByKey[key] = Source(
        dataSource: dataSource, credentials: SourceCredentials(dataSource),
        client: AuthorizedClient(
          client, authority: dataSource.authority(environment), wallClock: wallClock),
        metrics: metrics.source(key.name.description, kind: key.kind.rawValue))
      schedule.sourceDefined(key, refresh: dataSource.refresh, now: loop.now)
    }
    armTimer()
  }

  /// Fetches the feed from now on. Each call wants its own `release`.
  package func retain(_ feed: Feed) {
    schedule.feedRetained(feed, now: loop.now)
    armTimer()
  }

  /// Stops fetching the feed when no one wants it any more, and forgets its reading. Both happen
  /// with the next turn of the loop: a feed that is retained again until then loses nothing.
  package func release(_ feed: Feed) {
    schedule.feedReleased(feed)
    armTimer()
  }

  /// The latest reading; nil for a feed that is not retained, and before its first attempt ended.
  package func reading(of feed: Feed) -> Reading? {
    readings[feed]
  }

  /// The wall clock was set: readings keep their age, so that no hold is cut short or prolonged.
  /// What a forecaster dated is left as it is.
  package func wallClockStepped(by step: Duration) {
    for feed in readings.keys { readings[feed]?.shift(by: step) }
  }

  /// Every data source in force, sorted by kind and name.
  package var sources: [SourceStatus] {
    sourcesByKey.keys.sorted().map { key in
      SourceStatus(
        key: key, state: Self.state(schedule.health(of: key)),
        lastSuccess: sourcesByKey[key]?.lastSuccess, lastError: sourcesByKey[key]?.trouble,
        feeds: schedule.feeds(of: key), inFlight: schedule.inFlight(at: key))
    }
  }

  /// Ends all fetches; `onReading` is not called again.
  package func shutdown() {
    timer = nil
    calls.removeAll()
    client.shutdown()
  }

  // MARK: Turns

  private func takeTurn() {
    // A fetch that fails before it is sent ends within the turn that ordered it.
    guard !isTakingTurn, timer != nil else { return }
    isTakingTurn = true
    for order in schedule.timeArrived(now: loop.now) where timer != nil { carryOut(order) }
    isTakingTurn = false
    armTimer()
  }

  private func armTimer() {
    guard !isTakingTurn, let timer else { return }
    let now = loop.now
    guard let turn = schedule.nextTurn(now: now) else { return timer.stop() }
    timer.start(after: max(turn - now, .zero))
  }

  private func carryOut(_ order: RefreshSchedule.Order) {
    switch order {
    case .fetch(let target): fetch(target)
    case .fail(let target, let obstacle):
      failed(target, unfetched(target, because: obstacle), at: wallClock())
    case .cancel(let target):
      calls.removeValue(forKey: target)?.cancel()
    case .forget(let target):
      calls.removeValue(forKey: target)?.cancel()
      guard case .feed(let feed) = target else { return }
      readings[feed] = nil
      journal.forget(feed)
    }
  }

  private func unfetched(
    _ target: FetchTarget, because obstacle: RefreshSchedule.Obstacle
  ) -> FetchFailure {
    let key = target.sourceKey
    switch obstacle {
    case .sourceNotDefined:
      return FetchFailure(
        .undefined, "data source \"\(key.name)\" is not defined (type \(key.kind.rawValue))")
    case .sourceFailing:
      return FetchFailure(
        .sourceFailing, concernsSource: true,
        sourcesByKey[key]?.trouble ?? "data source \"\(key.name)\" is failing")
    case .sourceTooSlow:
      return FetchFailure(
        .overloaded,
        "data source \"\(key.name)\" answers too slowly for its \(schedule.feeds(of: key)) feeds:"
          + " refresh it less often, or use fewer queries")
    }
  }

  // MARK: Fetches

  private func fetch(_ target: FetchTarget) {
    let key = target.sourceKey
    do throws(FetchFailure) {
      if let directory = sourcesByKey[key]?.dataSource.directory {
        let answer = try ForecastDirectory.answer(to: target, in: directory)
        return ended(target, .success(answer), after: .zero)
      }
      guard let source = sourcesByKey[key],
        let endpoint = try sourcesByKey[key]?.credentials.endpoint(
          of: source.dataSource.asked(with: target.options))
      else { return }
      try send(
        FetchAttempt(target, form: source.form, from: endpoint), by: source.client, after: .zero)
    } catch {
      ended(target, .failure(error), after: .zero)
    }
  }

  /// - Parameter spent: What earlier requests of the attempt took.
  private func send(
    _ attempt: FetchAttempt, by client: AuthorizedClient, after spent: Duration
  ) throws(FetchFailure) {
    let request = attempt.request(now: wallClock())
    calls[attempt.target] = try client.send(request) { [unowned self, unowned client] result in
      calls[attempt.target] = nil
      received(result, of: attempt, by: client, after: spent)
    }
  }

  private func received(
    _ result: Result<HTTPResponse, FetchFailure>, of attempt: FetchAttempt,
    by client: AuthorizedClient, after spent: Duration
  ) {
    var attempt = attempt
    let (target, endpoint) = (attempt.target, attempt.endpoint)
    switch result {
    case .success(let response):
      let duration = spent + response.duration
      do throws(FetchFailure) {
        guard !attempt.changesForm(after: response) else {
          return try send(attempt, by: client, after: duration)
        }
        let answer = try target.answer(in: response, from: endpoint)
        try checkAge(of: answer, from: endpoint)
        try checkReach(of: answer, to: target, from: endpoint)
        sourcesByKey[target.sourceKey]?.form = attempt.form
        ended(target, .success(answer), after: duration)
      } catch {
        var failure = attempt.explained(error, answer: response)
        failure.retryAfter = response.retryAfter(at: wallClock())
        ended(target, .failure(failure), after: duration)
      }
    case .failure(let failure):
      ended(target, .failure(attempt.explained(failure)), after: spent + failure.duration)
    }
  }

  /// How far the clocks of two machines may differ, beside a refresh.
  private static let clockTolerance = Duration.seconds(300)

  /// - Throws: for a value that was evaluated long ago: a cache answers, and not the server.
  private func checkAge(
    of answer: FetchAnswer, from endpoint: SourceEndpoint
  ) throws(FetchFailure) {
    guard case .sample(let sample) = answer, let evaluatedAt = sample.evaluatedAt else { return }
    let age = evaluatedAt.duration(to: wallClock())
    guard age > Self.clockTolerance + endpoint.dataSource.refresh else { return }
    throw FetchFailure(
      .outdated,
      "\(endpoint.shown) answered with a value that was evaluated \(age.wholeSecondsText) ago: is"
        + " there a cache in between, or do the clocks differ?")
  }

  /// - Throws: for a snapshot that no lead window reaches (design section 1, "Forecast").
  private func checkReach(
    of answer: FetchAnswer, to target: FetchTarget, from endpoint: SourceEndpoint
  ) throws(FetchFailure) {
    guard case .forecast(let forecast) = answer, case .feed(let feed) = target else { return }
    let gap = forecast.series.gap(from: wallClock(), leadTime: leadTime(feed))
    guard let gap else { return }
    throw FetchFailure(
      .outsideWindow, concernsSource: true,
      "the forecaster \(endpoint.shown) answered with a forecast that cannot be used: \(gap)")
  }

  /// Tells the schedule first, so that the health of the source that the log speaks of is the new
  /// one; then the log and the reader.
  private func ended(
    _ target: FetchTarget, _ result: Result<FetchAnswer, FetchFailure>, after duration: Duration
  ) {
    let key = target.sourceKey
    let now = wallClock()
    switch result {
    case .success(let answer):
      sourcesByKey[key]?.metrics.fetchSucceeded(
        after: duration, forecastAge: answer.forecastAge(at: now))
      sourcesByKey[key]?.trouble = nil
      sourcesByKey[key]?.lastSuccess = now
      if schedule.fetchSucceeded(target, now: loop.now) == .recovered {
        journal.sourceRecovered(key)
      }
      succeeded(target, answer, after: duration, at: now)
    case .failure(let failure):
      sourcesByKey[key]?.metrics.fetchFailed(reason: failure.reason.label, after: duration)
      let order = schedule.fetchFailed(
        target, concernsSource: failure.concernsSource, retryAfter: failure.retryAfter,
        now: loop.now)
      noteTrouble(of: key, failure)
      switch order {
      case .none: break
      case .sourceWentDown: journal.sourceWentDown(key, failure)
      case .sourceRecovered: journal.sourceRecovered(key)
      }
      failed(target, failure, at: now)
    }
    takeTurn()
  }

  /// While other feeds are answered, what fails is the feed's own.
  private func noteTrouble(of key: DataSourceKey, _ failure: FetchFailure) {
    switch schedule.health(of: key) {
    case .up: sourcesByKey[key]?.trouble = nil
    case .unknown, .failing:
      sourcesByKey[key]?.trouble = failure.concernsSource ? failure.message : nil
    }
  }

  private func succeeded(
    _ target: FetchTarget, _ answer: FetchAnswer, after duration: Duration, at now: Instant
  ) {
    guard case .feed(let feed) = target else { return }
    var reading = readings[feed] ?? Reading()
    let hadFailed = reading.failure != nil
    switch answer {
    case .forecast(let forecast):
      reading.attemptSucceeded(forecast: forecast.series, isStale: forecast.isStale, at: now)
    case .sample(let sample):
      reading.attemptSucceeded(
        sample: sample.value, evaluatedAt: sample.evaluatedAt,
        asked: now.advanced(by: .zero - duration))
      journal.remarked(sample.warnings, on: feed, at: now)
    case .partial(let bound, let reason):
      reading.attemptFailed(reason, kind: .partial(bound), at: now)
      sourcesByKey[feed.sourceKey]?.metrics.answeredInPart()
      journal.answeredInPart(reason, to: feed, at: now)
    case .alive: break
    }
    readings[feed] = reading
    if hadFailed, reading.failure == nil { journal.feedRecovered(feed, at: now) }
    onReading(feed, reading)
  }

  private func failed(_ target: FetchTarget, _ failure: FetchFailure, at now: Instant) {
    guard case .feed(let feed) = target else { return }
    var reading = readings[feed] ?? Reading()
    reading.attemptFailed(failure.message, kind: failure.kind, at: now)
    readings[feed] = reading
    let isSourceDown = schedule.health(of: feed.sourceKey) == .failing
    journal.feedFailed(feed, failure, isSourceDown: isSourceDown, at: now)
    onReading(feed, reading)
  }

  private static func state(_ health: SourceHealth) -> SourceStatus.State {
    switch health {
    case .unknown: .unknown
    case .up: .up
    case .failing: .failing
    }
  }
}
