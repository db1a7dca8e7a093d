internal import HTTPClient
internal import Scaling
internal import Telemetry
internal import Time

/// Writes the log of fetching: what changes, once; what lasts, rarely; never more than a bounded
/// number of lines for each data source.
struct FetchJournal {
  private let logger: Logger
  private var failures: [Feed: LogLimiter<Instant>] = [:]
  private var remarks: [Feed: LogLimiter<Instant>] = [:]
  private var budgets: [DataSourceKey: LogBudget] = [:]

  /// How often the failure of one feed, or a remark on it, is repeated while it lasts.
  static let reminder = Duration.seconds(600)

  init(logger: Logger) {
    self.logger = logger
  }

  func sourceWentDown(_ key: DataSourceKey, _ failure: FetchFailure) {
    var fields = Self.fields(of: key)
    fields.append("reason", .string(failure.reason.label))
    fields.append("error", .string(failure.message))
    logger.warning("data source is failing", fields)
  }

  func sourceRecovered(_ key: DataSourceKey) {
    logger.info("data source answers again", Self.fields(of: key))
  }

  mutating func sourceRemoved(_ key: DataSourceKey) {
    budgets[key] = nil
  }

  /// - Parameter isSourceDown: the log has told of the whole source already.
  mutating func feedFailed(
    _ feed: Feed, _ failure: FetchFailure, isSourceDown: Bool, at now: Instant
  ) {
    guard !(failure.concernsSource && isSourceDown) else { return }
    guard
      case .log = failures[feed, default: LogLimiter(interval: Self.reminder)].occurred(at: now)
    else { return }
    var fields = Self.fields(of: feed)
    fields.append("reason", .string(failure.reason.label))
    fields.append("error", .string(failure.message))
    write(.warning, "fetch failed", fields, for: feed, at: now)
  }

  /// Silent about a failure that was not logged on its own.
  mutating func feedRecovered(_ feed: Feed, at now: Instant) {
    guard failures.removeValue(forKey: feed) != nil else { return }
    write(.info, "fetch succeeds again", Self.fields(of: feed), for: feed, at: now)
  }

  /// The server calls its answer partial: logged like a failure, once while it lasts.
  mutating func answeredInPart(_ reason: String, to feed: Feed, at now: Instant) {
    guard
      case .log = failures[feed, default: LogLimiter(interval: Self.reminder)].occurred(at: now)
    else { return }
    var fields = Self.fields(of: feed)
    fields.append("reason", .string(reason))
    write(.warning, "a partial answer may raise and never lower", fields, for: feed, at: now)
  }

  /// The server has warnings about a query.
  mutating func remarked(_ warnings: [String], on feed: Feed, at now: Instant) {
    guard !warnings.isEmpty else {
      remarks[feed] = nil
      return
    }
    guard case .log = remarks[feed, default: LogLimiter(interval: Self.reminder)].occurred(at: now)
    else { return }
    var fields = Self.fields(of: feed)
    fields.append("warnings", .string(warnings.joined(separator: "; ")))
    write(.warning, "the query has warnings", fields, for: feed, at: now)
  }

  mutating func forget(_ feed: Feed) {
    failures[feed] = nil
    remarks[feed] = nil
  }

  private mutating func write(
    _ level: LogLevel, _ message: String, _ fields: LogFields, for feed: Feed, at now: Instant
  ) {
    switch budgets[feed.sourceKey, default: LogBudget()].spend(at: now) {
    case .log: logger.log(level, message, fields)
    case .logLast:
      logger.log(level, message, fields)
      logger.warning(
        "more about this data source is not logged for up to a minute",
        Self.fields(of: feed.sourceKey))
    case .skip: break
    }
  }

  private static func fields(of key: DataSourceKey) -> LogFields {
    ["source": .string(key.name.description), "kind": .string(key.kind.rawValue)]
  }

  private static func fields(of feed: Feed) -> LogFields {
    var fields = fields(of: feed.sourceKey)
    switch feed {
    case .forecast(_, let workload, _, _):
      fields.append("workload", .string(Excerpt.text(of: workload)))
    case .builtIn(_, let forecast):
      fields.append("query", .string(Excerpt.text(of: forecast.value.query)))
    case .json(_, let query, _, _):
      fields.append("query", .string(Excerpt.text(of: query.value.text)))
    case .query(_, let promQL, _, _):
      fields.append("query", .string(Excerpt.text(of: promQL)))
    }
    return fields
  }
}
