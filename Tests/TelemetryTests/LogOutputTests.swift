import Foundation
import Testing

@testable import Telemetry

@Suite(.timeLimit(.minutes(1)))
struct LogOutputTests {
  /// A pipe whose ends are closed with it.
  private final class Pipe {
    var reading: Int32
    let writing: Int32

    init() {
      var ends: [Int32] = [0, 0]
      pipe(&ends)
      (reading, writing) = (ends[0], ends[1])
    }

    deinit {
      if reading >= 0 { close(reading) }
      close(writing)
    }

    func closeReading() {
      close(reading)
      reading = -1
    }

    func stopBlocking() {
      for end in [reading, writing] { _ = fcntl(end, F_SETFL, fcntl(end, F_GETFL) | O_NONBLOCK) }
    }

    /// What there is to read now.
    func read() -> String {
      var bytes: [UInt8] = []
      var buffer = [UInt8](repeating: 0, count: 1 << 20)
      while true {
        let count = Glibc.read(reading, &buffer, buffer.count)
        guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
        bytes += buffer[..<count]
      }
    }
  }

  @Test func `writes whole lines from several threads`() async throws {
    let path = NSTemporaryDirectory() + "log-\(UUID().uuidString)"
    let file = open(path, O_RDWR | O_CREAT | O_EXCL, 0o600)
    defer {
      close(file)
      unlink(path)
    }
    let logger = Logger(format: .json, output: FileDescriptorOutput(descriptor: file))
    await withTaskGroup { group in
      for task in 0..<8 {
        group.addTask {
          for count in 0..<200 {
            logger.info(String(repeating: "\(task)", count: 10 + count), ["task": .int(task)])
          }
        }
      }
    }
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    #expect(lines.count == 1600)
    for line in lines {
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      let task = try #require(object?["task"] as? Int)
      let message = try #require(object?["message"] as? String)
      #expect(Set(message) == Set("\(task)"))
    }
  }

  @Test func `loses the line when the reader is gone, and nothing else`() {
    // As FileDescriptorOutput.standardError does it for the process.
    signal(SIGPIPE, SIG_IGN)
    let pipe = Pipe()
    let output = FileDescriptorOutput(descriptor: pipe.writing)
    pipe.closeReading()
    output.write(line: Array("x\n".utf8))
    output.write(line: Array("y\n".utf8))
  }

  @Test func `gives up on a pipe that stays full, and starts the next line afresh`() {
    let pipe = Pipe()
    pipe.stopBlocking()
    let output = FileDescriptorOutput(descriptor: pipe.writing)
    let long = String(repeating: "a", count: 200_000)
    output.write(line: Array("\(long)\n".utf8))
    let torn = pipe.read()
    #expect(!torn.isEmpty && torn.utf8.count < long.utf8.count && !torn.contains("\n"))
    output.write(line: Array("next\n".utf8))
    #expect(pipe.read() == "\nnext\n")
    output.write(line: Array("last\n".utf8))
    #expect(pipe.read() == "last\n")
  }

  @Test func `bears a descriptor that is not open`() {
    FileDescriptorOutput(descriptor: -1).write(line: Array("x\n".utf8))
  }
}
