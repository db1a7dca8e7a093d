internal import Time

/// One feed or probe as `RefreshSchedule` knows it.
struct RefreshEntry {
  var state = State.sleeping
  /// Its place in the queue of what is due, and its name in the line of its source: a line's item of
  /// an earlier turn is obsolete. Nil while it is being fetched.
  var turn: DeadlineQueue<RefreshSchedule.Turn, FetchTarget>.Token?
  /// How often it is retained.
  var references = 1
  /// In a row.
  var failures = 0
  var lastFailureConcernedSource = false
  /// Whether the last attempt was answered, be it with an error of the feed's own.
  var isAnswered = false
  /// Whether there was an attempt, and whether one has ever succeeded.
  var wasAsked = false
  var wasRead = false
  /// Until when the server wants this feed not to be asked for.
  var restsUntil = Duration.zero
  /// Whether it has been given its place within the refresh interval.
  var isSpread = false
  /// Counts the feeds of a source in the order in which they came.
  let number: Int

  /// Neither asked for, nor failed with its source.
  var isNew: Bool { !wasAsked && failures == 0 }

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
  /// Nil for one that feeds name but no one defines.
  var refresh: Duration?
  var health = SourceHealth.unknown(failures: 0)
  private(set) var targets: Set<FetchTarget> = []
  /// Feeds that are due but have to wait for their turn.
  var line = WaitingLine<
    (
      target: FetchTarget, turn: DeadlineQueue<RefreshSchedule.Turn, FetchTarget>.Token
    )
  >()
  var inFlight = 0
  /// How many of its targets were answered at their last attempt.
  var answered = 0
  /// Of a failing source: until when it wants to be left alone.
  var restsUntil = Duration.zero
  private var targetsEver = 0

  /// What a source may be asked at the same time. Prometheus evaluates 20 queries at once by
  /// default.
  static let maximumInFlight = 16
  /// The same for a source that is failing: enough to notice that it is back.
  static let maximumInFlightWhileFailing = 2

  var hasRoom: Bool {
    inFlight < (health == .failing ? Self.maximumInFlightWhileFailing : Self.maximumInFlight)
  }

  func isResting(at now: Duration) -> Bool {
    health == .failing && now < restsUntil
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
