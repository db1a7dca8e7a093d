internal import Glibc
internal import Testing

/// An HTTP/2 client that sends exactly the bytes it is told to, and keeps a record of the frames
/// that come back. Blocking; whatever does not come within ten seconds fails the test.
package final class RawClient {
  /// What came back on one stream.
  package struct Answer: Equatable {
    package var headers: [[String: String]] = []
    package var data: [UInt8] = []
    package var isEnded = false
    package var resetCode: UInt32?

    /// The messages, without their prefixes.
    package var messages: [[UInt8]] {
      var messages: [[UInt8]] = []
      var rest = data[...]
      while rest.count >= 5 {
        let length = Int(UInt32(bigEndianBytes: rest.dropFirst().prefix(4)))
        messages.append(Array(rest.dropFirst(5).prefix(length)))
        rest = rest.dropFirst(5 + length)
      }
      return messages
    }

    package var httpStatus: String? { headers.first?[":status"] }
    package var status: String? { headers.last?["grpc-status"] }
    package var message: String? { headers.last?["grpc-message"] }
  }

  package struct Closed: Error {}

  private var descriptor: Int32
  private var received: [UInt8] = []
  /// How much of `received` has been read as frames.
  private var readOffset = 0
  package private(set) var answers: [UInt32: Answer] = [:]
  package private(set) var goAways: [(last: UInt32, code: UInt32)] = []
  package private(set) var pings: [Frame] = []
  package private(set) var settings: [UInt16: UInt32] = [:]
  package private(set) var windowUpdates: [UInt32: UInt32] = [:]
  /// Whether received DATA is given back to the server's windows.
  package var returnsWindow = true

  /// Whether this machine has the loopback address of IPv6; tests that need it are skipped otherwise.
  package static let hasIPv6: Bool = {
    let probe = socket(AF_INET6, Int32(SOCK_DGRAM.rawValue), 0)
    guard probe >= 0 else { return false }
    defer { close(probe) }
    var address = sockaddr_in6()
    address.sin6_family = sa_family_t(AF_INET6)
    address.sin6_addr = in6addr_loopback
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(probe, $0, socklen_t(MemoryLayout<sockaddr_in6>.size)) == 0
      }
    }
  }()

  /// Connects, and sends nothing.
  package init(port: UInt16, isIPv6: Bool = false, receiveBuffer: Int32? = nil) throws {
    descriptor = socket(isIPv6 ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    if var size = receiveBuffer {
      setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
      setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<Int32>.size))
    }
    setTimeout(milliseconds: 10_000)
    let code: Int32
    if isIPv6 {
      var address = sockaddr_in6()
      address.sin6_family = sa_family_t(AF_INET6)
      address.sin6_port = port.bigEndian
      address.sin6_addr = in6addr_loopback
      code = connect(&address)
    } else {
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = port.bigEndian
      address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
      code = connect(&address)
    }
    guard code == 0 else { throw Closed() }
  }

  /// Connects and opens HTTP/2.
  package convenience init(
    port: UInt16, settings: [(UInt16, UInt32)], receiveBuffer: Int32? = nil
  ) throws {
    try self.init(port: port, receiveBuffer: receiveBuffer)
    // No dynamic table, so that `HeaderDecoder` can read the answers.
    try send(Frame.preface + Frame.settings([(1, 0)] + settings).bytes)
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  // MARK: Sending

  package func send(_ bytes: [UInt8]) throws {
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress?.advanced(by: sent), $0.count - sent, 0x4000)
      }
      guard count > 0 else { throw Closed() }
      sent += count
    }
  }

  package func send(_ frames: Frame...) throws {
    try send(frames.flatMap(\.bytes))
  }

  /// Sends as much as the kernel takes, until it takes nothing for a while.
  ///
  /// - Returns: how many bytes were taken.
  package func sendUntilBlocked(_ bytes: [UInt8], patience milliseconds: Int) -> Int {
    setTimeout(milliseconds: milliseconds)
    defer { setTimeout(milliseconds: 10_000) }
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress?.advanced(by: sent), $0.count - sent, 0x4000)
      }
      guard count > 0 else { break }
      sent += count
    }
    return sent
  }

  /// Closes with a reset instead of an end.
  package func resetConnection() {
    var option = linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    close(descriptor)
    descriptor = -1
  }

  package func shutOutput() {
    shutdown(descriptor, Int32(SHUT_WR))
  }

  /// The headers of a call; `changes` replace those of the same name, or leave them out when empty.
  package static func requestHeaders(
    _ path: String, _ changes: [(String, String)] = []
  ) -> [(String, String)] {
    let plain = [
      (":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "test"),
      ("te", "trailers"), ("content-type", "application/grpc"),
    ]
    let changed = plain.map { field in changes.last { $0.0 == field.0 } ?? field }
    let more = changes.filter { change in !plain.contains { $0.0 == change.0 } }
    return (changed + more).filter { !$0.1.isEmpty }
  }

  /// The frames of a call with one message.
  package static func call(
    _ path: String, stream: UInt32, message: [UInt8], _ more: [(String, String)] = []
  ) -> [Frame] {
    [
      .headers(stream: stream, requestHeaders(path, more)),
      .data(stream: stream, framed(message), end: true),
    ]
  }

  package static func framed(_ message: [UInt8]) -> [UInt8] {
    [0] + UInt32(message.count).bigEndianBytes + message
  }

  // MARK: Receiving

  /// Reads frames until `condition` holds.
  package func read(until condition: (RawClient) -> Bool) throws {
    while !condition(self) {
      try readFrame()
    }
  }

  /// Reads until the stream is ended or reset.
  package func answer(on stream: UInt32) throws -> Answer {
    try read { $0.answers[stream].map { $0.isEnded || $0.resetCode != nil } ?? false }
    return try #require(answers[stream])
  }

  /// Calls a method and reads the answer.
  package func call(
    _ path: String, stream: UInt32, message: [UInt8] = [], _ more: [(String, String)] = []
  ) throws -> Answer {
    try send(Self.call(path, stream: stream, message: message, more).flatMap(\.bytes))
    return try answer(on: stream)
  }

  /// A PING and its answer: the server has dealt with all that was sent before.
  package func roundTrip() throws {
    let count = pings.count
    try send(.ping())
    try read { $0.pings.count > count }
  }

  /// Reads until the server closes.
  package func readToEnd() throws {
    do {
      while true { try readFrame() }
    } catch is Closed {}
  }

  /// Reads plain bytes until the server closes.
  package func readBytesToEnd() throws -> [UInt8] {
    do {
      while true { try fill() }
    } catch is Closed {}
    return received
  }

  private func readFrame() throws {
    while received.count - readOffset < 9 { try fill() }
    let length = Int(UInt32(bigEndianBytes: received[readOffset..<readOffset + 3]))
    while received.count - readOffset < 9 + length { try fill() }
    let bytes = received[readOffset..<readOffset + 9 + length]
    let start = bytes.startIndex
    readOffset += bytes.count
    try take(
      Frame(
        kind: try #require(Frame.Kind(rawValue: bytes[start + 3])), flags: bytes[start + 4],
        stream: UInt32(bigEndianBytes: bytes[start + 5..<start + 9]),
        payload: Array(bytes.dropFirst(9))))
  }

  private func take(_ frame: Frame) throws {
    switch frame.kind {
    case .headers:
      try #require(frame.flags & Frame.endHeaders != 0)
      let fields = try HeaderDecoder.decode(frame.payload)
      answers[frame.stream, default: Answer()].headers.append(
        Dictionary(fields.map { ($0.name, $0.value) }, uniquingKeysWith: { $0 + "," + $1 }))
      answers[frame.stream]?.isEnded = frame.endsStream
    case .data:
      let isGRPC = answers[frame.stream]?.headers.first?["content-type"] == "application/grpc"
      #expect(!frame.endsStream || !isGRPC, "END_STREAM belongs on the trailers")
      answers[frame.stream, default: Answer()].data += frame.payload
      if frame.endsStream { answers[frame.stream]?.isEnded = true }
      guard returnsWindow, !frame.payload.isEmpty else { return }
      let count = UInt32(frame.payload.count)
      try? send(.windowUpdate(stream: 0, count), .windowUpdate(stream: frame.stream, count))
    case .reset:
      answers[frame.stream, default: Answer()].resetCode = UInt32(bigEndianBytes: frame.payload)
    case .goAway:
      goAways.append(
        (
          UInt32(bigEndianBytes: frame.payload[0..<4]) & 0x7FFF_FFFF,
          UInt32(bigEndianBytes: frame.payload[4..<8])
        ))
    case .ping:
      pings.append(frame)
    case .settings:
      for offset in stride(from: 0, to: frame.payload.count, by: 6) {
        let id = UInt16(frame.payload[offset]) << 8 | UInt16(frame.payload[offset + 1])
        settings[id] = UInt32(bigEndianBytes: frame.payload[offset + 2..<offset + 6])
      }
      // The server counts with what it announced once that is acknowledged.
      guard frame.flags & Frame.acknowledge == 0 else { return }
      try? send(Frame(kind: .settings, flags: Frame.acknowledge))
    case .windowUpdate:
      windowUpdates[frame.stream, default: 0] += UInt32(bigEndianBytes: frame.payload)
    case .priority, .pushPromise, .continuation:
      Issue.record("unexpected frame \(frame)")
    }
  }

  private func fill() throws {
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    if readOffset > 1 << 20 {
      received.removeFirst(readOffset)
      readOffset = 0
    }
    guard count > 0 else {
      if count < 0, errno == EAGAIN { Issue.record("nothing came within ten seconds") }
      throw Closed()
    }
    received += buffer[..<count]
  }

  private func connect<Address>(_ address: inout Address) -> Int32 {
    withUnsafePointer(to: &address) { address in
      address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<Address>.size))
      }
    }
  }

  private func setTimeout(milliseconds: Int) {
    var time = timeval(tv_sec: milliseconds / 1000, tv_usec: milliseconds % 1000 * 1000)
    let size = socklen_t(MemoryLayout<timeval>.size)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, size)
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, size)
  }
}
