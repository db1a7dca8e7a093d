internal import EventLoop
internal import Foundation
internal import GRPCWire
internal import HTTP2Server
internal import Synchronization
internal import TestKit
internal import Testing

/// A server of `TestService` on a port of its own, stopped with its last reference.
final class TestServer {
  let log = EventLog()
  let server: HTTP2Server<TestService>
  let entries = Entries()

  /// The lines that the server logged.
  final class Entries: Sendable {
    private let list = Mutex<[HTTP2LogEntry]>([])

    func add(_ entry: HTTP2LogEntry) { list.withLock { $0.append(entry) } }

    var all: [HTTP2LogEntry] { list.withLock { $0 } }
  }

  init(
    address: ListenAddress = ListenAddress(host: "127.0.0.1", port: 0), workers: Int = 1,
    _ configure: (inout HTTP2ServerConfiguration) -> Void = { _ in }
  ) throws {
    var configuration = HTTP2ServerConfiguration(address: address, workers: workers)
    configuration.log = { [entries] in entries.add($0) }
    configure(&configuration)
    server = try HTTP2Server(configuration: configuration) { [log] _, responder in
      TestService(responder, log: log)
    }
    try server.start()
  }

  deinit {
    server.stop()
  }

  var port: UInt16 { server.boundPort }

  func connect(_ settings: [(UInt16, UInt32)] = []) throws -> RawClient {
    try RawClient(port: port, settings: settings)
  }

  /// Starts a drain; the returned semaphore is signalled at its end.
  func drain(within limit: Duration = .seconds(10)) -> DispatchSemaphore {
    let done = DispatchSemaphore(value: 0)
    server.drain(within: limit) { done.signal() }
    return done
  }

  /// Waits until the server's counters fulfil `condition`, which they do shortly after the event.
  func waitForStatistics(
    _ condition: (HTTP2Statistics) -> Bool, location: SourceLocation = #_sourceLocation
  ) throws {
    let deadline = Date(timeIntervalSinceNow: 120)
    while !condition(server.statistics) {
      try #require(Date() < deadline, "\(server.statistics)", sourceLocation: location)
      sched_yield()
    }
  }
}
