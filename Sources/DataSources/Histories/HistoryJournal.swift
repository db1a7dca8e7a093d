internal import HTTPClient
internal import Scaling
internal import Telemetry
internal import Time

/// Writes the log of histories: what changes, once; what lasts, rarely.
struct HistoryJournal {
  private let logger: Logger
  private var failures: [HistoryQuery: LogLimiter<Instant>] = [:]
  private var budgets: [ResourceName: LogBudget] = [:]
  /// By where states were found.
  private var refusals: [String: LogLimiter<Instant>] = [:]

  init(logger: Logger) {
    self.logger = logger
  }

  mutating func failed(_ failure: FetchFailure, _ query: HistoryQuery, at now: Instant) {
    guard isWorthALine(query, at: now) else { return }
    var fields = Self.fields(of: query)
    fields.append("reason", .string(failure.reason.label))
    fields.append("error", .string(failure.message))
    logger.warning("the history of a query cannot be read", fields)
  }

  mutating func answeredInPart(_ reason: String, _ query: HistoryQuery, at now: Instant) {
    guard isWorthALine(query, at: now) else { return }
    var fields = Self.fields(of: query)
    fields.append("reason", .string(reason))
    logger.warning("a part of a history is asked for again", fields)
  }

  mutating func succeeded(_ query: HistoryQuery, at now: Instant) {
    guard failures.removeValue(forKey: query) != nil else { return }
    guard budgets[query.source, default: LogBudget()].spend(at: now) != .skip else { return }
    logger.info("the history of a query is read again", Self.fields(of: query))
  }

  /// A learnt state cannot be used: one line for all of one place.
  mutating func passedOver(_ origin: String, _ problem: String, at now: Instant) {
    if refusals.count > 200 { refusals = [:] }
    let limiter = LogLimiter<Instant>(interval: FetchJournal.reminder)
    guard case .log = refusals[origin, default: limiter].occurred(at: now) else { return }
    logger.warning(
      "what a forecast has learnt is passed over",
      ["from": .string(origin), "problem": .string(problem)])
  }

  func took(_ count: Int) {
    logger.info(
      "what forecasts have learnt is taken from another replica", ["forecasts": .int(count)])
  }

  /// Once while it lasts, and few for one source.
  private mutating func isWorthALine(_ query: HistoryQuery, at now: Instant) -> Bool {
    let limiter = LogLimiter<Instant>(interval: FetchJournal.reminder)
    guard case .log = failures[query, default: limiter].occurred(at: now) else { return false }
    return budgets[query.source, default: LogBudget()].spend(at: now) != .skip
  }

  private static func fields(of query: HistoryQuery) -> LogFields {
    [
      "source": .string(query.source.description),
      "query": .string(Excerpt.text(of: query.expression)),
    ]
  }
}
