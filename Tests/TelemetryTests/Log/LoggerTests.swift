import Foundation
import Synchronization
import Testing

@testable import Telemetry

struct LoggerTests {
  @Test(arguments: [
    ("debug", LogLevel.debug), ("info", .info), ("warn", .warning), ("warning", .warning),
    ("error", .error), ("INFO", .info),
  ])
  func `reads the levels of the flag`(text: String, level: LogLevel) {
    #expect(LogLevel(text) == level)
  }

  @Test(arguments: ["", "trace", "info ", "1", "warnings", "fatal"])
  func `refuses other levels`(text: String) {
    #expect(LogLevel(text) == nil)
  }

  @Test func `reads the formats of the flag`() {
    #expect(LogFormat("text") == .text)
    #expect(LogFormat("JSON") == .json)
    #expect(LogFormat("xml") == nil)
    #expect(LogFormat("") == nil)
  }

  @Test(arguments: LogLevel.allCases)
  func `writes what is at its level and above`(level: LogLevel) {
    let recorder = LogRecorder()
    let logger = Logger(level: level, output: recorder)
    logger.debug("d")
    logger.info("i")
    logger.warning("w")
    logger.error("e")
    #expect(recorder.lines.count == 4 - level.rawValue)
    #expect(recorder.lines.last?.hasSuffix("ERROR e") == true)
  }

  @Test func `changes its level while it runs`() {
    let recorder = LogRecorder()
    let logger = Logger(level: .warning, output: recorder)
    logger.debug("a")
    logger.setLevel(.debug)
    #expect(logger.level == .debug)
    logger.debug("b")
    logger.setLevel(.warning)
    logger.info("c")
    #expect(recorder.lines.map { $0.last } == ["b"])
  }

  @Test func `does not evaluate what it does not write`() {
    let logger = Logger(level: .info, output: LogRecorder())
    let evaluated = Mutex(0)
    func count() -> String {
      evaluated.withLock { $0 += 1 }
      return ""
    }
    logger.debug(count(), ["k": .string(count())])
    #expect(evaluated.withLock { $0 } == 0)
    logger.info(count(), ["k": .string(count())])
    #expect(evaluated.withLock { $0 } == 2)
  }

  @Test func `counts what it writes by level`() {
    let metrics = HeadstartMetrics(version: "0")
    let logger = Logger(level: .warning, output: LogRecorder(), records: metrics.logRecords)
    logger.info("x")
    logger.warning("x")
    logger.error("x")
    logger.error("x")
    let counts = LogLevel.allCases.map { metrics.logRecords.with([$0.name]).value }
    #expect(counts == [0, 0, 1, 2])
  }

  @Test func `takes the time from its clock`() {
    let recorder = LogRecorder()
    Logger(output: recorder, clock: { 0 }).info("x")
    #expect(recorder.lines == ["1970-01-01T00:00:00.000Z INFO  x"])
  }

  @Test func `knows the time of day`() {
    let now = Int64(Date().timeIntervalSince1970 * 1000)
    #expect(abs(Logger.systemClock() - now) < 60_000)
  }

  @Test func `hides secrets from every conversion`() {
    let secret = Redacted("hunter2")
    var dumped = ""
    dump(secret, to: &dumped)
    for text in [
      "\(secret)", String(describing: secret), String(reflecting: secret), "\([secret])", dumped,
      "\(Optional(secret) as Any)",
    ] {
      #expect(!text.contains("hunter2"))
      #expect(text.contains("[redacted]"))
    }
    #expect(secret.secret == "hunter2")
  }

  @Test func `keeps fields in order and leaves out those without a value`() {
    var fields: LogFields = ["b": 1]
    fields.append("a", "x")
    fields.append("none", nil)
    #expect(fields.all.map(\.name) == ["b", "a"])
  }
}
