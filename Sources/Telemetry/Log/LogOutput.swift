private import Glibc
private import Synchronization

/// Where log lines go.
package protocol LogOutput: Sendable {
  /// Writes one whole line, its newline included. Called from any thread.
  func write(line: [UInt8])
}

/// Writes lines to a file descriptor, which it does not own: one `write(2)` each.
///
/// Trouble with the descriptor never reaches the program: a reader that went away (`EPIPE`) or a
/// full disk loses the line. A full pipe is waited for, so the server writes through a `LogQueue`.
package final class FileDescriptorOutput: LogOutput {
  /// The log's usual place. Its first use makes the process ignore SIGPIPE and SIGXFSZ, which would
  /// otherwise end it when the reader of the log goes away, or its file may grow no further.
  package static let standardError: FileDescriptorOutput = {
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    return FileDescriptorOutput(descriptor: STDERR_FILENO)
  }()

  private let descriptor: Int32
  /// True after a line was cut off in the middle. The lock is held across the write: a line that
  /// is longer than PIPE_BUF would otherwise mix with another thread's.
  private let torn = Mutex(false)

  package init(descriptor: Int32) {
    self.descriptor = descriptor
  }

  package func write(line: [UInt8]) {
    _ = writeWhole(line: line)
  }

  /// - Returns: false when the line was lost, or a part of it.
  func writeWhole(line: [UInt8]) -> Bool {
    torn.withLock { torn in
      // The rest of a torn line must not swallow the next record.
      let bytes = torn ? [UInt8(ascii: "\n")] + line : line
      let written = writeAll(bytes)
      if written > 0 { torn = written < bytes.count }
      return written == bytes.count
    }
  }

  /// Returns how many bytes went out.
  private func writeAll(_ bytes: [UInt8]) -> Int {
    var written = 0
    bytes.withUnsafeBytes { buffer in
      while written < buffer.count {
        let rest = UnsafeRawBufferPointer(rebasing: buffer[written...])
        let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
        if count > 0 {
          written += count
        } else if count < 0 && errno == EAGAIN {
          var poller = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
          poll(&poller, 1, -1)
        } else if count == 0 || errno != EINTR {
          return
        }
      }
    }
    return written
  }
}

/// Throws every line away.
package struct DiscardingOutput: LogOutput {
  package init() {}

  package func write(line: [UInt8]) {}
}

/// Keeps the lines in memory, for tests.
package final class LogRecorder: LogOutput {
  private let recorded = Mutex<[String]>([])

  package init() {}

  /// Every line so far, without its newline.
  package var lines: [String] { recorded.withLock { $0 } }

  package func write(line: [UInt8]) {
    let text = String(decoding: line.dropLast(), as: UTF8.self)
    recorded.withLock { $0.append(text) }
  }
}
