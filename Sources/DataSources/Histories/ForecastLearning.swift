package import EventLoop
internal import Forecasting
internal import HTTPClient
package import Scaling
package import Telemetry
package import Time

/// Learns the loads that policies want forecast, and forecasts them.
///
/// 1. Reads the history of each query, oldest first, and then each bucket as it is complete.
/// 2. Has every forecaster of a query learn it; signals that agree share one.
/// 3. Tells every reading.
///
/// Lives on a loop of its own: decoding a day of history and learning it takes milliseconds, which no
/// loop that answers calls may lose.
package actor ForecastLearning {
  package nonisolated let loop: EventLoop
  package nonisolated var unownedExecutor: UnownedSerialExecutor {
    loop.asUnownedSerialExecutor()
  }

  let configuration: Configuration
  var sources: [ResourceName: Source] = [:]
  var forecasts: [ForecastKey: LearntForecast] = [:]
  /// By number.
  var tracks: [Int: Track] = [:]
  private var numbers: [HistoryQuery: [Int]] = [:]
  /// Numbers of tracks, by when they are due on the loop's clock.
  private var due = DeadlineQueue<Duration, Int>()
  /// Those that no policy reads any more.
  private var unread: Set<ForecastKey> = []
  var clocks: ForecastClocks
  var client: HTTPClient?
  private(set) var timer: LoopTimer?
  private var lastNumber = 0
  private var isTakingTurn = false
  var jitter: JitterSource
  var journal: HistoryJournal
  var peerLine = PeerLine()

  package struct Configuration: Sendable {
    package var userAgent: String
    package var zones: any TimeZoneDatabase
    package var wallClock: @Sendable () -> Instant
    package var logger: Logger
    package var metrics: HeadstartMetrics
    /// In which clouds say who this workload is.
    package var environment = CloudEnvironment()
    /// Where what is learnt outlives the process; nil for nowhere.
    package var store: LearntStateStore?
    /// Who may have learnt it already; nil without peers.
    package var peers: LearntStatePeers?
    /// Called on the loop for every reading.
    package var onReading: @Sendable (Feed, Reading) -> Void

    package init(
      userAgent: String, zones: any TimeZoneDatabase, wallClock: @escaping @Sendable () -> Instant,
      logger: Logger, metrics: HeadstartMetrics,
      onReading: @escaping @Sendable (Feed, Reading) -> Void
    ) {
      self.userAgent = userAgent
      self.zones = zones
      self.wallClock = wallClock
      self.logger = logger
      self.metrics = metrics
      self.onReading = onReading
    }
  }

  /// A Prometheus server that histories are read from.
  struct Source {
    let dataSource: DataSource
    var credentials: SourceCredentials
    let client: AuthorizedClient
    var form = QueryForm()
    var line = HistoryLine()
  }

  /// The history of a query, and who learns it.
  struct Track {
    var history: HistoryTrack
    /// All at `history.next`.
    var forecasts: [LearntForecast]
    var call: AuthorizedCall?
    var isInLine = false
    /// Its place in the queue of what is due; nil before the first.
    var turn: DeadlineQueue<Duration, Int>.Token?
  }

  package init(loop: EventLoop, configuration: Configuration) {
    self.loop = loop
    self.configuration = configuration
    clocks = ForecastClocks(zones: configuration.zones)
    jitter = .random()
    journal = HistoryJournal(logger: configuration.logger)
  }

  /// Before anything else, on the loop.
  package func start() throws {
    // Weeks of history take a processor for a while; calls do not wait for them.
    loop.yieldToOthers()
    client = try HTTPClient(loop: loop, userAgent: configuration.userAgent)
    timer = try LoopTimer(on: loop) { [unowned self] in
      self.assumeIsolated { $0.timeArrived() }
    }
  }

  package func shutDown() {
    keepAll()
    timer = nil
    for number in tracks.keys { tracks[number]?.call?.cancel() }
    tracks = [:]
    client?.shutdown()
    client = nil
  }

  // MARK: What is wanted

  /// Puts these data sources in force.
  package func update(dataSources: [DataSourceKey: DataSource]) {
    let wanted = dataSources.values.filter { $0.kind == .prometheus }
    let names = Set(wanted.map(\.name))
    for name in sources.keys where !names.contains(name) { redefine(name, nil) }
    for source in wanted where sources[source.name]?.dataSource != source {
      guard let client else { break }
      redefine(
        source.name,
        Source(
          dataSource: source, credentials: SourceCredentials(source),
          client: AuthorizedClient(
            client, authority: source.authority(configuration.environment),
            wallClock: configuration.wallClock)))
    }
    timeArrived()
  }

  /// What is under way at a source does not count any more.
  private func redefine(_ name: ResourceName, _ source: Source?) {
    sources[name] = source
    for number in tracks.keys where tracks[number]?.history.query.source == name {
      tracks[number]?.call?.cancel()
      tracks[number]?.call = nil
      tracks[number]?.isInLine = false
      tracks[number]?.history.cancelled()
      wake(number, at: loop.now)
    }
    guard let source else { return }
    for forecast in forecasts.values where forecast.query.source == name {
      forecast.belongs(to: source.dataSource)
      if forecast.track == 0, !forecast.isLooking { begin(forecast) }
    }
  }

  /// The wall clock was set: what is complete now is another bucket.
  package func wallClockStepped() {
    for number in tracks.keys { wake(number, at: loop.now) }
    arm()
  }

  /// Learns what this feed reads, from now on.
  package func retain(_ feed: Feed) {
    guard case .builtIn(let source, let shared) = feed,
      let key = ForecastKey(shared.value, source: source)
    else { return }
    let model = shared.value
    let now = configuration.wallClock()
    let query = HistoryQuery(source: source, model)
    let forecast: LearntForecast
    if let known = forecasts[key] {
      forecast = known
      forecast.unreadSince = nil
      unread.remove(key)
    } else {
      let first = query.first(history: model.history, at: now)
      forecast = LearntForecast(key, query, model, first: first)
      forecasts[key] = forecast
      begin(forecast)
    }
    forecast.wanted = max(forecast.wanted, model.history)
    forecast.readers[feed, default: 0] += 1
    publish(forecast, to: feed)
    timeArrived()
  }

  /// Stops learning what no policy reads any more; a minute later, so that an edit that takes a feed
  /// away and brings it back loses nothing.
  package func release(_ feed: Feed) {
    guard case .builtIn(let source, let shared) = feed,
      let key = ForecastKey(shared.value, source: source), let forecast = forecasts[key],
      let count = forecast.readers[feed]
    else { return }
    forecast.readers[feed] = count > 1 ? count - 1 : nil
    guard forecast.readers.isEmpty else { return }
    forecast.unreadSince = loop.now
    unread.insert(key)
    arm()
  }

  private static let grace = Duration.seconds(60)

  private func forgetUnread() {
    let now = loop.now
    for key in unread {
      guard let forecast = forecasts[key], let since = forecast.unreadSince,
        now - since >= Self.grace
      else { continue }
      unread.remove(key)
      forecasts[key] = nil
      let number = forecast.track
      tracks[number]?.forecasts.removeAll { $0 === forecast }
      if tracks[number]?.forecasts.isEmpty == true { remove(track: number) }
    }
  }

  // MARK: Tracks

  /// Has a forecaster learn a query: with others that are just as far, or by itself until it is.
  func follow(_ forecast: LearntForecast) {
    forecast.isLooking = false
    let query = forecast.query
    let next = forecast.forecaster.nextBucket
    if let number = track(of: query, at: next, but: nil) {
      forecast.track = number
      tracks[number]?.forecasts.append(forecast)
      return
    }
    lastNumber += 1
    forecast.track = lastNumber
    tracks[lastNumber] = Track(
      history: HistoryTrack(query, next: next, now: configuration.wallClock()),
      forecasts: [forecast])
    numbers[query, default: []].append(lastNumber)
    wake(lastNumber, at: loop.now)
  }

  private func track(of query: HistoryQuery, at next: Int, but other: Int?) -> Int? {
    numbers[query]?.first { $0 != other && tracks[$0]?.history.next == next }
  }

  private func remove(track number: Int) {
    guard let track = tracks.removeValue(forKey: number) else { return }
    let query = track.history.query
    numbers[query]?.removeAll { $0 == number }
    if numbers[query]?.isEmpty == true { numbers[query] = nil }
    track.call?.cancel()
    if let turn = track.turn { due.remove(turn) }
    if track.history.isFetching { sources[query.source]?.line.left() }
  }

  func wake(_ number: Int, at time: Duration) {
    guard tracks[number] != nil else { return }
    if let turn = tracks[number]?.turn { due.remove(turn) }
    tracks[number]?.turn = due.add(time, number)
  }

  // MARK: Turns

  func timeArrived() {
    // A fetch that fails before it is sent ends within the turn that ordered it.
    guard timer != nil, !isTakingTurn else { return }
    isTakingTurn = true
    defer { isTakingTurn = false }
    forgetUnread()
    let now = loop.now
    while let number = due.takeExpired(at: now) { becameDue(number) }
    for name in sources.keys { admit(at: name) }
    arm()
  }

  private func becameDue(_ number: Int) {
    guard let track = tracks[number], !track.history.isFetching, !track.isInLine else { return }
    let now = configuration.wallClock()
    guard track.history.isDue(at: now) else {
      return wake(
        number, at: loop.now + max(now.duration(to: track.history.due), .milliseconds(1)))
    }
    let name = track.history.query.source
    guard sources[name] != nil else {
      tell(track.forecasts, .undefined(name))
      return wake(number, at: loop.now + .seconds(60))
    }
    tracks[number]?.isInLine = true
    sources[name]?.line.wait(
      number, isLearning: track.history.isLearning,
      hasBegun: track.history.next > track.history.start)
  }

  private func admit(at name: ResourceName) {
    while let number = sources[name]?.line.admit() {
      guard tracks[number]?.isInLine == true else {
        sources[name]?.line.left()
        continue
      }
      tracks[number]?.isInLine = false
      fetch(number)
    }
  }

  private func arm() {
    var next = due.earliest
    for key in unread {
      guard let since = forecasts[key]?.unreadSince else { continue }
      next = min(next ?? .seconds(1 << 40), since + Self.grace)
    }
    guard let next else {
      timer?.stop()
      return
    }
    timer?.start(after: max(next - loop.now, .zero))
  }

  // MARK: Learning

  func learn(_ number: Int, _ values: [Double?]) {
    guard let track = tracks[number] else { return }
    journal.succeeded(track.history.query, at: configuration.wallClock())
    for forecast in track.forecasts {
      let began = EventLoop.clock
      forecast.learn(values, clocks: &clocks)
      configuration.metrics.learnTime.observe(.nanoseconds(EventLoop.clock - began))
      forecast.failure = nil
    }
    wake(number, at: loop.now)
    for forecast in track.forecasts { publish(forecast) }
    guard !track.history.isLearning else { return }
    for forecast in track.forecasts { keep(forecast) }
    join(number)
  }

  /// Forecasters of a query that are equally far go on together.
  private func join(_ number: Int) {
    guard let track = tracks[number], !track.history.isFetching,
      let other = self.track(of: track.history.query, at: track.history.next, but: number)
    else { return }
    for forecast in track.forecasts { forecast.track = other }
    tracks[other]?.forecasts += track.forecasts
    remove(track: number)
  }

  // MARK: Telling

  /// What was forecast for the buckets of the last day, and what came; oldest first.
  package func past(of feed: Feed) -> [PastForecast] {
    guard case .builtIn(let source, let model) = feed,
      let key = ForecastKey(model.value, source: source)
    else { return [] }
    return forecasts[key]?.past ?? []
  }

  func publish(_ forecast: LearntForecast) {
    for feed in forecast.readers.keys { publish(forecast, to: feed) }
  }

  private func publish(_ forecast: LearntForecast, to feed: Feed) {
    guard case .builtIn(_, let model) = feed else { return }
    configuration.onReading(
      feed,
      forecast.reading(
        for: model.value, read: progress(of: forecast), at: configuration.wallClock()))
  }

  /// Which part of its history is read; nil once all of it is, and for one that begins with what was
  /// learnt before.
  private func progress(of forecast: LearntForecast) -> Double? {
    guard !forecast.isRestored else { return nil }
    // What was kept is still being looked for.
    guard let history = tracks[forecast.track]?.history else { return 0 }
    guard history.isLearning else { return nil }
    return Double(history.next - history.start) / Double(max(history.goal - history.start, 1))
  }
}
