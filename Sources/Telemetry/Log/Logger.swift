private import Glibc
private import Synchronization

/// The structured log: one line per record, to standard error unless told otherwise.
///
/// May be used from any thread. Records below `level` cost one comparison: message and fields are
/// not evaluated. Secrets are the caller's to wrap in `Redacted`.
package final class Logger: Sendable {
  private let threshold: Atomic<Int>
  private let format: LogFormat
  private let output: any LogOutput
  private let clock: @Sendable () -> Int64
  private let records: CounterFamily?

  /// - Parameters:
  ///   - output: Where the lines go; standard error, so that a command's result on standard output
  ///     stays clean.
  ///   - records: Counts what is written by its label `level`.
  ///   - clock: Milliseconds since 1970, UTC.
  package init(
    level: LogLevel = .info, format: LogFormat = .text,
    output: any LogOutput = FileDescriptorOutput.standardError, records: CounterFamily? = nil,
    clock: @escaping @Sendable () -> Int64 = Logger.systemClock
  ) {
    threshold = Atomic(level.rawValue)
    self.format = format
    self.output = output
    self.records = records
    self.clock = clock
  }

  /// Writes nothing at all: for tests and for commands that have no log.
  package static let disabled = Logger(level: .error, output: DiscardingOutput())

  /// The wall clock in milliseconds since 1970.
  package static let systemClock: @Sendable () -> Int64 = {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }

  /// The minimum level that is written.
  package var level: LogLevel {
    // Only the values of levels are stored.
    LogLevel(rawValue: threshold.load(ordering: .relaxed)) ?? .info
  }

  /// Writes records from this level on. From any thread.
  package func setLevel(_ level: LogLevel) {
    threshold.store(level.rawValue, ordering: .relaxed)
  }

  /// Writes one record, if its level is high enough.
  package func log(
    _ level: LogLevel, _ message: @autoclosure () -> String,
    _ fields: @autoclosure () -> LogFields = [:]
  ) {
    guard level.rawValue >= threshold.load(ordering: .relaxed) else { return }
    let record = LogRecord(
      milliseconds: clock(), level: level, message: message(), fields: fields())
    output.write(line: record.line(format))
    records?.with([level.name]).increment()
  }

  package func debug(
    _ message: @autoclosure () -> String, _ fields: @autoclosure () -> LogFields = [:]
  ) {
    log(.debug, message(), fields())
  }

  package func info(
    _ message: @autoclosure () -> String, _ fields: @autoclosure () -> LogFields = [:]
  ) {
    log(.info, message(), fields())
  }

  package func warning(
    _ message: @autoclosure () -> String, _ fields: @autoclosure () -> LogFields = [:]
  ) {
    log(.warning, message(), fields())
  }

  package func error(
    _ message: @autoclosure () -> String, _ fields: @autoclosure () -> LogFields = [:]
  ) {
    log(.error, message(), fields())
  }
}
