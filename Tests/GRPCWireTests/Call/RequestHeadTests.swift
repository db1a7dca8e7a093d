internal import GRPCWire
internal import Testing

@Suite struct RequestHeadTests {
  static let plain = [
    (":method", "POST"), (":scheme", "http"), (":path", "/a.B/C"), ("te", "trailers"),
    ("content-type", "application/grpc"), ("user-agent", "grpc-go/1.75.1"),
  ]

  @Test(arguments: [
    "application/grpc", "application/grpc+proto", "application/grpc+json", "Application/GRPC",
    "application/grpc;charset=utf-8",
  ])
  func `takes the content types of gRPC`(type: String) {
    #expect(verdict(("content-type", type)) == .call(timeout: nil))
  }

  @Test(arguments: [
    "application/json", "application/grp", "application/grpc-web", "application/grpcx",
    "text/application/grpc", "",
  ])
  func `answers other content types with 415`(type: String) {
    guard case .foreign(415, let status) = verdict(("content-type", type)) else {
      Issue.record("taken")
      return
    }
    #expect(status.code == .invalidArgument)
    #expect(status.message == "expected the content-type application/grpc, found \"\(type)\"")
  }

  @Test func `answers a missing content type with 415`() {
    var head = RequestHead(maxListSize: 1000)
    head.receive((":method", "POST"))
    #expect(
      head.verdict
        == .foreign(
          httpStatus: 415,
          RPCStatus(
            .invalidArgument, "expected the content-type application/grpc, found none")))
  }

  @Test(arguments: ["GET", "PUT", "post", "POST ", "P", ""])
  func `answers other methods with 405`(method: String) {
    guard case .refuse(405, let status) = verdict((":method", method)) else {
      Issue.record("taken")
      return
    }
    #expect(status.message == "expected the method POST, found \"\(method)\"")
  }

  @Test func `reads the timeout`() {
    #expect(verdict(("grpc-timeout", "60S")) == .call(timeout: .seconds(60)))
    #expect(verdict(("grpc-timeout", "0n")) == .call(timeout: .zero))
  }

  @Test(arguments: ["", "1", "S", "-1S", "123456789S", "1s"])
  func `a malformed timeout is an error`(timeout: String) {
    guard case .refuse(200, let status) = verdict(("grpc-timeout", timeout)) else {
      Issue.record("taken")
      return
    }
    #expect(status.code == .internal)
    #expect(status.message.hasPrefix("malformed grpc-timeout \"\(timeout)\""))
  }

  @Test(arguments: ["gzip", "deflate", "snappy", "Identity", ""])
  func `refuses other encodings`(encoding: String) {
    guard case .refuse(200, let status) = verdict(("grpc-encoding", encoding)) else {
      Issue.record("taken")
      return
    }
    #expect(status.code == .unimplemented)
  }

  @Test func `identity is an encoding`() {
    #expect(verdict(("grpc-encoding", "identity")) == .call(timeout: nil))
  }

  @Test func `passes metadata over`() {
    #expect(verdict(("x-key-bin", "AAEC"), ("grpc-trace-bin", "//")) == .call(timeout: nil))
  }

  @Test func `the list of headers may be as large as the limit and no larger`() {
    let size = Self.plain.reduce(0) { $0 + $1.0.utf8.count + $1.1.utf8.count + 32 }
    for (limit, isTaken) in [(size, true), (size - 1, false)] {
      var head = RequestHead(maxListSize: limit)
      Self.plain.forEach { head.receive($0) }
      if isTaken {
        #expect(head.verdict == .call(timeout: nil))
      } else {
        #expect(
          head.verdict
            == .refuse(
              httpStatus: 431,
              RPCStatus(
                .resourceExhausted,
                "headers of \(size) bytes are more than the \(limit) that are accepted")))
      }
    }
  }

  @Test func `a reset forgets everything`() {
    var head = RequestHead(maxListSize: 1000)
    Self.plain.forEach { head.receive($0) }
    head.receive(("grpc-timeout", "x"))
    head.receive(("grpc-encoding", "gzip"))
    head.reset()
    #expect(head.path.isEmpty)
    #expect(head.verdict != .call(timeout: nil))
    Self.plain.forEach { head.receive($0) }
    #expect(head.verdict == .call(timeout: nil))
    #expect(head.path == Array("/a.B/C".utf8))
  }

  @Test(arguments: ["/a.B/C", "/a.B/D", "/a.B/", "/a.B/Longer", "/"])
  func `a path takes the place of the one before`(path: String) {
    var head = RequestHead(maxListSize: 1000)
    Self.plain.forEach { head.receive($0) }
    head.reset()
    head.receive((":path", path))
    #expect(head.path == Array(path.utf8))
  }

  @Test func `a value that is no UTF-8 is quoted all the same`() {
    var head = RequestHead(maxListSize: 1000)
    Self.plain.forEach { head.receive($0) }
    head.received(name: Array("content-type".utf8).span.bytes, value: [0xFF, 0xFE].span.bytes)
    guard case .foreign(415, let status) = head.verdict else {
      Issue.record("taken")
      return
    }
    #expect(status.message.contains("\u{FFFD}"))
  }

  private func verdict(_ more: (String, String)...) -> RequestHead.Verdict {
    var head = RequestHead(maxListSize: 10_000)
    (Self.plain + more).forEach { head.receive($0) }
    return head.verdict
  }
}

extension RequestHead {
  fileprivate mutating func receive(_ field: (String, String)) {
    received(name: Array(field.0.utf8).span.bytes, value: Array(field.1.utf8).span.bytes)
  }
}
