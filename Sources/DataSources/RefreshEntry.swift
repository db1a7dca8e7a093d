/// One feed or probe as `RefreshSchedule` knows it.
struct RefreshEntry {
  var state = State.sleeping
  /// Of the items in queues that are in force; any other is obsolete.
  var ticket: UInt64 = 0
  /// How often it is retained.
  var references = 1
  /// In a row.
  var failures = 0
  var lastFailureConcernedSource = false
  /// Whether it has been given its place within the refresh interval.
  var isSpread = false
  /// Counts the feeds of a source in the order in which they came.
  let number: Int

  init(number: Int) {
    self.number = number
  }

  enum State {
    /// In the queue of what is due; or nowhere, when its source is not defined.
    case sleeping
    /// In the line of its source, and in the queue for when it has waited for too long.
    case waiting
    case fetching(since: Duration)
  }
}

/// One data source as `RefreshSchedule` knows it.
struct RefreshSource {
  /// Nil for one that feeds name but nobody defines.
  var refresh: Duration?
  var health = SourceHealth.unknown(failures: 0)
  private(set) var targets: Set<FetchTarget> = []
  /// Feeds that are due but have to wait for their turn.
  var line = WaitingLine<(target: FetchTarget, ticket: UInt64)>()
  var inFlight = 0
  private var targetsEver = 0

  /// What a source may be asked at the same time. Prometheus evaluates 20 queries at once by
  /// default.
  static let maximumInFlight = 16
  /// The same for a source that is failing: enough to notice that it is back.
  static let maximumInFlightWhileFailing = 2

  var hasRoom: Bool {
    inFlight < (health == .failing ? Self.maximumInFlightWhileFailing : Self.maximumInFlight)
  }

  /// - Returns: how many there have been before it.
  mutating func insert(_ target: FetchTarget) -> Int {
    targets.insert(target)
    defer { targetsEver += 1 }
    return targetsEver
  }

  mutating func remove(_ target: FetchTarget) {
    targets.remove(target)
  }
}
