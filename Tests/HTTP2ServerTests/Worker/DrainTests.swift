internal import Dispatch
internal import Foundation
internal import GRPCWire
internal import HTTP2Server
internal import Synchronization
internal import TestKit
internal import Testing
internal import Time

@Suite struct DrainTests {
  typealias Method = TestService.Method

  @Test func `an idle connection gets two GOAWAYs and is closed`() throws {
    let server = try TestServer()
    let client = try server.connect()
    #expect(try client.call(Method.echo.path, stream: 1).status == "0")
    let done = server.drain()
    try client.read { $0.pings.count == 1 }
    // The notice came first, so that the answer proves that it was read (RFC 9113, 6.8).
    #expect(client.goAways.map(\.last) == [0x7FFF_FFFF])
    try client.send(.ping(client.pings[0].payload, acknowledges: true))
    try client.readToEnd()
    #expect(client.goAways.map(\.last) == [0x7FFF_FFFF, 1])
    #expect(client.goAways.map(\.code) == [0, 0])
    client.shutOutput()
    #expect(done.wait(timeout: .now() + 10) == .success)
    #expect(server.server.statistics.connectionsClosed[.drain] == 1)
    #expect(server.server.statistics.connectionsOpen == 0)
    #expect(server.log.all.contains(.willDrain))
  }

  @Test func `a client that does not answer the PING is waited for a second`() throws {
    let server = try TestServer()
    let client = try server.connect()
    #expect(try client.call(Method.echo.path, stream: 1).status == "0")
    let done = server.drain()
    try client.readToEnd()
    #expect(client.goAways.map(\.last) == [0x7FFF_FFFF, 1])
    client.shutOutput()
    #expect(done.wait(timeout: .now() + 10) == .success)
  }

  @Test func `streams end with OK before the GOAWAY, and calls under way are finished`() throws {
    let server = try TestServer()
    let client = try server.connect()
    try client.send(RawClient.call(Method.watch.path, stream: 1, message: [1]).flatMap(\.bytes))
    try client.send(.headers(stream: 3, RawClient.requestHeaders(Method.chat.path)))
    try client.send(RawClient.call(Method.hold.path, stream: 5, message: []).flatMap(\.bytes))
    let rpc = try server.log.wait { $0 == .received(Method.hold.rawValue, []) }[0]
    let done = server.drain()
    #expect(try client.answer(on: 1).status == "0")
    #expect(try client.answer(on: 3).status == "0")
    try client.read { $0.pings.count == 1 }
    // A call that the client sent before it read the notice is answered still.
    let late = try client.call(Method.echo.path, stream: 7, message: [9])
    #expect(late.messages == [[9]])
    // A late stream too is ended with OK, which resets the back-off of KEDA (C11).
    #expect(try client.call(Method.watch.path, stream: 9, message: [9]).status == "0")
    try client.send(.ping(client.pings[0].payload, acknowledges: true))
    try client.read { $0.goAways.count == 2 }
    #expect(client.goAways[1].last == 9)
    server.server.post { $0.release(rpc) }
    #expect(try client.answer(on: 5).messages == [[1]])
    try client.readToEnd()
    client.shutOutput()
    #expect(done.wait(timeout: .now() + 10) == .success)
    #expect(server.log.ends(of: .watch) == [.ok, .ok])
    #expect(server.log.ends(of: .chat) == [.ok])
    #expect(server.log.ends(of: .hold) == [.ok])
  }

  @Test func `calls that are not done in time are cut off`() throws {
    let server = try TestServer()
    let client = try server.connect()
    try client.send(RawClient.call(Method.hold.path, stream: 1, message: []).flatMap(\.bytes))
    try server.log.wait { $0 == .received(Method.hold.rawValue, []) }
    let done = server.drain(within: .milliseconds(50))
    #expect(done.wait(timeout: .now() + 10) == .success)
    #expect(server.log.ends(of: .hold) == [.cancelled])
    #expect(server.server.statistics.connectionsClosed[.drainTimeout] == 1)
  }

  @Test func `a silent client does not outlast the drain`() throws {
    let server = try TestServer()
    let client = try RawClient(port: server.port)
    try server.waitForStatistics { $0.connectionsOpen == 1 }
    let done = server.drain(within: .milliseconds(50))
    #expect(done.wait(timeout: .now() + 10) == .success)
    withExtendedLifetime(client) {}
  }

  @Test func `without connections it is done at once, and the port is free`() throws {
    let server = try TestServer(workers: 2)
    let done = server.drain()
    #expect(done.wait(timeout: .now() + 10) == .success)
    #expect(throws: (any Error).self) { try RawClient(port: server.port) }
  }

  @Test func `under load no call fails`() throws {
    let server = try TestServer(workers: 2)
    let port = server.port
    let answered = Atomic(0)
    let failed = Atomic(0)
    let finished = DispatchGroup()
    for _ in 0..<4 {
      let thread = Thread {
        defer { finished.leave() }
        guard let client = try? RawClient(port: port, settings: []) else { return }
        var stream: UInt32 = 1
        // As clients do: no new calls after a GOAWAY, and all below its last stream must succeed.
        while client.goAways.isEmpty {
          let batch = (0..<20).map { stream + 2 * $0 }
          stream += 40
          let frames = batch.flatMap { RawClient.call(Method.echo.path, stream: $0, message: [1]) }
          let isSent = (try? client.send(frames.flatMap(\.bytes))) != nil
          for stream in batch {
            let answer = try? client.answer(on: stream)
            let isWaived = client.goAways.last.map { stream > $0.last } ?? false
            if isSent, answer?.status == "0" || isWaived {
              answered.add(1, ordering: .relaxed)
            } else {
              failed.add(1, ordering: .relaxed)
            }
          }
        }
        if let ping = client.pings.first {
          try? client.send(.ping(ping.payload, acknowledges: true))
        }
        try? client.readToEnd()
      }
      finished.enter()
      thread.start()
    }
    try server.waitForStatistics { $0.streamsOpened > 2000 }
    let done = server.drain()
    #expect(finished.wait(timeout: .now() + 20) == .success)
    #expect(done.wait(timeout: .now() + 20) == .success)
    #expect(failed.load(ordering: .relaxed) == 0)
    #expect(answered.load(ordering: .relaxed) > 2000)
    let ends = server.log.ends(of: .echo)
    #expect(ends.allSatisfy { $0 == .ok })
    #expect(server.server.statistics.streamsOpen == 0)
  }

  @Test func `a connection that is too old is drained`() throws {
    let server = try TestServer { $0.maxConnectionAge = .milliseconds(30) }
    let client = try server.connect()
    let answer = try client.call(Method.watch.path, stream: 1, message: [1])
    #expect(answer.status == "0")
    try client.readToEnd()
    client.shutOutput()
    try server.waitForStatistics { $0.connectionsClosed[.age] == 1 }
    #expect(try server.connect().call(Method.echo.path, stream: 1).status == "0")
  }

  @Test func `a connection without calls is drained when it has been idle for too long`() throws {
    let server = try TestServer { $0.maxConnectionIdle = .milliseconds(30) }
    let client = try server.connect()
    #expect(try client.call(Method.echo.path, stream: 1).status == "0")
    try client.readToEnd()
    client.shutOutput()
    try server.waitForStatistics { $0.connectionsClosed[.idle] == 1 }
  }

  @Test func `a stop without a drain ends all RPCs`() throws {
    let server = try TestServer()
    let client = try server.connect()
    try client.send(RawClient.call(Method.hold.path, stream: 1, message: []).flatMap(\.bytes))
    try server.log.wait { $0 == .received(Method.hold.rawValue, []) }
    server.server.stop()
    #expect(server.log.ends(of: .hold) == [.cancelled])
    withExtendedLifetime(client) {}
  }
}
