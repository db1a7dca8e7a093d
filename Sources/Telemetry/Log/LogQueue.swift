private import Glibc
private import Synchronization

/// Hands lines to a thread of its own, so that whoever logs never waits for the reader of the log.
///
/// Lines keep their order. One that finds the queue full, or that the descriptor refuses, is dropped
/// and counted, and the next line that goes out comes after one that says how many were dropped.
/// Whoever makes a queue closes it: until then its thread keeps it alive.
package final class LogQueue: LogOutput {
  /// What may wait, in lines. A reload that finds thousands of errors fits.
  package static let defaultLines = 8192
  /// What may wait, in bytes.
  package static let defaultBytes = 2 << 20

  private struct Entry {
    let line: [UInt8]
    /// How many lines were dropped between the line before and this one.
    let droppedBefore: Int
  }

  private struct State {
    /// Not taken by the thread yet.
    var entries: [Entry] = []
    /// Not written yet.
    var lines = 0
    var bytes = 0
    /// Since the last line that was taken in.
    var dropped = 0
    var isClosed = false
  }

  private let output: FileDescriptorOutput
  private let format: LogFormat
  private let clock: @Sendable () -> Int64
  private let dropped: Counter
  private let maxLines: Int
  private let maxBytes: Int
  private let state = Mutex(State())
  /// Posted when there is something to write after there was nothing, and at the end.
  private let work = Semaphore()
  private let finished = Semaphore()

  /// Starts the thread.
  ///
  /// - Parameters:
  ///   - output: where the lines go; may block.
  ///   - format: of the line that says how many were dropped.
  ///   - dropped: counts lines that were dropped.
  ///   - clock: milliseconds since 1970, UTC.
  package init(
    _ output: FileDescriptorOutput, format: LogFormat, dropped: Counter,
    maxLines: Int = LogQueue.defaultLines, maxBytes: Int = LogQueue.defaultBytes,
    clock: @escaping @Sendable () -> Int64 = Logger.systemClock
  ) throws(LogQueueError) {
    self.output = output
    self.format = format
    self.dropped = dropped
    self.maxLines = maxLines
    self.maxBytes = maxBytes
    self.clock = clock
    var thread = pthread_t()
    let queue = Unmanaged.passRetained(self)
    let code = pthread_create(
      &thread, nil,
      { context in
        guard let context else { return nil }
        Unmanaged<LogQueue>.fromOpaque(context).takeRetainedValue().run()
        return nil
      }, queue.toOpaque())
    guard code == 0 else {
      queue.release()
      throw LogQueueError("cannot start the thread of the log: \(String(cString: strerror(code)))")
    }
    pthread_detach(thread)
  }

  /// How many lines have not been written yet.
  var waitingLines: Int { state.withLock { $0.lines } }

  package func write(line: [UInt8]) {
    let order = state.withLock { state -> OnLine in
      guard !state.isClosed, state.lines < maxLines, state.bytes + line.count <= maxBytes else {
        state.dropped += 1
        return .drop
      }
      state.entries.append(Entry(line: line, droppedBefore: state.dropped))
      state.lines += 1
      state.bytes += line.count
      state.dropped = 0
      return state.entries.count == 1 ? .wake : .leave
    }
    switch order {
    case .drop: dropped.increment()
    case .wake: work.post()
    case .leave: break
    }
  }

  private enum OnLine {
    case drop, wake, leave
  }

  /// Writes what waits, for so long at most; later lines are dropped. Once, from any thread.
  ///
  /// - Returns: whether everything was written or refused in that time.
  @discardableResult
  package func close(within limit: Duration) -> Bool {
    state.withLock { $0.isClosed = true }
    work.post()
    return finished.wait(for: limit)
  }

  // MARK: The thread

  private func run() {
    var unsaid = 0
    var isClosed = false
    while !isClosed {
      work.wait()
      let batch: [Entry]
      (batch, isClosed) = state.withLock { state in
        defer { state.entries = [] }
        return (state.entries, state.isClosed)
      }
      for entry in batch {
        unsaid += entry.droppedBefore
        sayDropped(&unsaid)
        if !output.writeWhole(line: entry.line) {
          dropped.increment()
          unsaid += 1
        }
        state.withLock { state in
          state.lines -= 1
          state.bytes -= entry.line.count
        }
      }
    }
    unsaid += state.withLock { $0.dropped }
    sayDropped(&unsaid)
    finished.post()
  }

  private func sayDropped(_ count: inout Int) {
    guard count > 0 else { return }
    let record = LogRecord(
      milliseconds: clock(), level: .warning,
      message: "log lines were dropped: they could not be written, or not fast enough",
      fields: ["lines": .int(count)])
    if output.writeWhole(line: record.line(format)) { count = 0 }
  }
}

/// Why there is no log: one sentence.
package struct LogQueueError: Error, CustomStringConvertible {
  package let description: String

  init(_ description: String) {
    self.description = description
  }
}
