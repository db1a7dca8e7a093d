internal import Foundation

/// A program that a test runs beside it.
///
/// `@unchecked Sendable`: only the test that made it uses it, one call after the other.
package final class Program: @unchecked Sendable {
  private let process = Process()
  private let output = Pipe()

  /// Nil when it is not in PATH.
  package static func find(_ name: String) -> String? {
    let folders = ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":") ?? []
    return folders.map { "\($0)/\(name)" }.first(where: FileManager.default.isExecutableFile)
  }

  package init(_ path: String, _ arguments: [String], in folder: TemporaryFolder) throws {
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = output
    try process.run()
  }

  /// The first line of the output that has that text; nil when the program ends without one.
  package func line(with text: String) -> String? {
    var rest = Data()
    while case let data = output.fileHandleForReading.availableData, !data.isEmpty {
      rest += data
      for line in String(decoding: rest, as: UTF8.self).split(separator: "\n")
      where line.contains(text) {
        drain()
        return String(line)
      }
    }
    return nil
  }

  package func wait() -> Int32 {
    drain()
    process.waitUntilExit()
    return process.terminationStatus
  }

  package func stop() {
    // Not SIGTERM: it inherits the signal mask of a thread of the test, which blocks that.
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  /// Reads what it goes on to say, which must not fill the pipe. In a thread, and not with a handler of
  /// the file handle: that one may be called once more after its end (libdispatch on Linux), while
  /// another program that is being started still has the pipe.
  private func drain() {
    let reading = output.fileHandleForReading
    Thread.detachNewThread { while !reading.availableData.isEmpty {} }
  }
}
