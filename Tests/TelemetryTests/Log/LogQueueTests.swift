import Foundation
import Testing
internal import Time

@testable import Telemetry

@Suite(.timeLimit(.minutes(1)))
struct LogQueueTests {
  private let dropped = HeadstartMetrics(version: "0").logLinesDropped

  private func queue(
    to descriptor: Int32, maxLines: Int = LogQueue.defaultLines,
    maxBytes: Int = LogQueue.defaultBytes, format: LogFormat = .text
  ) throws -> LogQueue {
    signal(SIGPIPE, SIG_IGN)
    return try LogQueue(
      FileDescriptorOutput(descriptor: descriptor), format: format, dropped: dropped,
      maxLines: maxLines, maxBytes: maxBytes, clock: { 0 })
  }

  private static func notice(_ lines: Int) -> String {
    "1970-01-01T00:00:00.000Z WARN  log lines were dropped: they could not be written, or not fast"
      + " enough  lines=\(lines)\n"
  }

  private func write(_ lines: [String], to queue: LogQueue) {
    for line in lines { queue.write(line: Array("\(line)\n".utf8)) }
  }

  /// Lets the thread of the queue come to the end of what waits.
  private func settle(_ queue: LogQueue) {
    while queue.waitingLines > 0 { sched_yield() }
  }

  @Test func `keeps the order of lines`() throws {
    let pipe = TestPipe()
    let queue = try queue(to: pipe.writing)
    let lines = (0..<1000).map { "line \($0)" }
    write(lines, to: queue)
    #expect(queue.close(within: .seconds(30)))
    #expect(pipe.read() == lines.map { "\($0)\n" }.joined())
    #expect(dropped.value == 0)
  }

  @Test(arguments: [(lines: 2, bytes: 1000), (lines: 1000, bytes: 5)])
  func `drops what does not fit, and says first how many lines that were`(
    limit: (lines: Int, bytes: Int)
  ) throws {
    let pipe = TestPipe()
    let filling = pipe.fill()
    let queue = try queue(to: pipe.writing, maxLines: limit.lines, maxBytes: limit.bytes)
    // Two lines of two bytes fit, whether the thread holds one of them already or not.
    write(["a", "b", "c", "d", "e"], to: queue)
    #expect(dropped.value == 3)
    _ = pipe.read(count: filling)
    #expect(pipe.read(count: 4) == "a\nb\n")
    settle(queue)
    write(["f"], to: queue)
    settle(queue)
    write(["g"], to: queue)
    #expect(queue.close(within: .seconds(30)))
    #expect(pipe.read() == Self.notice(3) + "f\ng\n")
    #expect(dropped.value == 3)
  }

  @Test func `says at the end what was dropped last`() throws {
    let pipe = TestPipe()
    let filling = pipe.fill()
    let queue = try queue(to: pipe.writing, maxLines: 1)
    write(["a", "b"], to: queue)
    _ = pipe.read(count: filling)
    #expect(queue.close(within: .seconds(30)))
    #expect(pipe.read() == "a\n" + Self.notice(1))
  }

  @Test func `says it in the format of the log`() throws {
    let pipe = TestPipe()
    let queue = try queue(to: pipe.writing, maxLines: 0, format: .json)
    write(["a"], to: queue)
    #expect(queue.close(within: .seconds(30)))
    let record = try JSONSerialization.jsonObject(with: Data(pipe.read().utf8)) as? [String: Any]
    #expect(record?["lines"] as? Int == 1)
    #expect(record?["level"] as? String == "warning")
  }

  @Test func `waits for a reader no longer than it may at the end`() throws {
    let pipe = TestPipe()
    pipe.fill()
    let queue = try queue(to: pipe.writing)
    write(["a"], to: queue)
    #expect(!queue.close(within: .milliseconds(1)))
    write(["b"], to: queue)
    #expect(dropped.value == 1)
    // The thread of the queue ends with the reader.
    pipe.closeReading()
    settle(queue)
  }

  @Test func `counts the lines that a full disk refuses`() throws {
    let full = open("/dev/full", O_WRONLY)
    defer { close(full) }
    let queue = try queue(to: full)
    write(["a", "b"], to: queue)
    #expect(queue.close(within: .seconds(30)))
    #expect(dropped.value == 2)
  }

  @Test func `counts the lines for a descriptor that is not open`() throws {
    let queue = try queue(to: -1)
    write(["a"], to: queue)
    #expect(queue.close(within: .seconds(30)))
    #expect(dropped.value == 1)
  }

  @Test func `says what was lost when the reader is back`() throws {
    let pipe = TestPipe()
    let queue = try queue(to: pipe.writing)
    pipe.closeReading()
    write(["a", "b"], to: queue)
    settle(queue)
    pipe.reopenReading()
    write(["c"], to: queue)
    #expect(queue.close(within: .seconds(30)))
    #expect(pipe.read() == Self.notice(2) + "c\n")
    #expect(dropped.value == 2)
  }
}
