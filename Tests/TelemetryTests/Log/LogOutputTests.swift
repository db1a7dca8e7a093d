import Foundation
import Synchronization
import Testing

@testable import Telemetry

@Suite(.timeLimit(.minutes(1)))
struct LogOutputTests {
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
    let pipe = TestPipe()
    let output = FileDescriptorOutput(descriptor: pipe.writing)
    pipe.closeReading()
    output.write(line: Array("x\n".utf8))
    output.write(line: Array("y\n".utf8))
  }

  @Test func `starts the next line on its own after one that was torn`() throws {
    signal(SIGPIPE, SIG_IGN)
    let pipe = TestPipe()
    let output = FileDescriptorOutput(descriptor: pipe.writing)
    let isWhole = Mutex(true)
    let ended = DispatchSemaphore(value: 0)
    // A thread of its own: while this test waits on a thread of the pool, a task might find none.
    Thread.detachNewThread {
      let line = [UInt8](repeating: UInt8(ascii: "a"), count: 200_000)
      isWhole.withLock { $0 = output.writeWhole(line: line) }
      ended.signal()
    }
    pipe.waitUntilFull()
    // The reader goes in the middle of the line. What it has not read stays for the next one.
    pipe.closeReading()
    ended.wait()
    #expect(isWhole.withLock { !$0 })
    pipe.reopenReading()
    #expect(pipe.read().hasSuffix("aaa"))
    output.write(line: Array("next\n".utf8))
    output.write(line: Array("last\n".utf8))
    #expect(pipe.read() == "\nnext\nlast\n")
  }

  @Test func `bears a descriptor that is not open`() {
    FileDescriptorOutput(descriptor: -1).write(line: Array("x\n".utf8))
  }
}
