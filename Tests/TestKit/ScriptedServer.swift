internal import Glibc
internal import Synchronization

/// A tiny HTTP/1.1 server on loopback that answers as a script says, on blocking sockets in threads
/// of its own. It is as rude as the script wants.
package final class ScriptedServer: Sendable {
  package struct Request: Sendable {
    package var method: String
    /// With the query string.
    package var target: String
    /// Names in lower case.
    package var headers: [String: String]
    package var body: String
    /// Counts connections from 1.
    package var connection: Int
  }

  package enum Step: Sendable {
    case send([UInt8])
    /// One byte at a time until the client has had enough.
    case trickle(UInt8)
    /// The same bytes again and again until the client has had enough.
    case endless([UInt8])
    /// Nothing, until the client goes away.
    case hang
    case close
    /// Ends the connection with a reset.
    case reset
  }

  private struct State {
    var requests: [Request] = []
    var connections = 0
    var sockets: Set<Int32> = []
    var isStopped = false
  }

  package let port: UInt16
  private let listener: Int32
  private let state = Mutex(State())
  private let respond: @Sendable (Request) -> [Step]

  package struct SocketError: Error {}

  package init(_ respond: @escaping @Sendable (Request) -> [Step]) throws {
    self.respond = respond
    (listener, port) = try Self.listen()
    let server = Unmanaged.passRetained(self)
    var thread = pthread_t()
    pthread_create(
      &thread, nil,
      { context in
        guard let context else { return nil }
        Unmanaged<ScriptedServer>.fromOpaque(context).takeRetainedValue().acceptAll()
        return nil
      }, server.toOpaque())
    pthread_detach(thread)
  }

  /// Answers every request with the same steps.
  package convenience init(always steps: Step...) throws {
    try self.init { _ in steps }
  }

  package var address: String { "http://127.0.0.1:\(port)" }
  package var requests: [Request] { state.withLock { $0.requests } }
  package var connections: Int { state.withLock { $0.connections } }

  package func stop() {
    state.withLock { state in
      guard !state.isStopped else { return }
      state.isStopped = true
      shutdown(listener, Int32(SHUT_RDWR))
      for socket in state.sockets { shutdown(socket, Int32(SHUT_RDWR)) }
    }
  }

  /// A port of loopback that refuses connections, until the process ends: a socket that does not listen
  /// keeps it, so that no server of another test gets it.
  package static func closedPort() throws -> UInt16 {
    try bound().port
  }

  /// A port of loopback for a server that is started elsewhere.
  package static func freePort() throws -> UInt16 {
    let (socket, port) = try bound()
    close(socket)
    return port
  }

  // MARK: Private

  private static func listen() throws -> (Int32, UInt16) {
    let (socket, port) = try bound()
    guard Glibc.listen(socket, 512) == 0 else {
      close(socket)
      throw SocketError()
    }
    return (socket, port)
  }

  private static func bound() throws -> (socket: Int32, port: UInt16) {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let code = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        guard bind(listener, pointer, length) == 0 else { return Int32(-1) }
        return getsockname(listener, pointer, &length)
      }
    }
    guard code == 0 else { throw SocketError() }
    return (listener, UInt16(bigEndian: address.sin_port))
  }

  private final class Connection {
    let server: ScriptedServer
    let socket: Int32
    let number: Int

    init(_ server: ScriptedServer, _ socket: Int32, _ number: Int) {
      self.server = server
      self.socket = socket
      self.number = number
    }
  }

  private func acceptAll() {
    while true {
      let socket = accept(listener, nil, nil)
      guard socket >= 0 else { break }
      var on: Int32 = 1
      setsockopt(
        socket, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
      let number = state.withLock { state in
        state.connections += 1
        state.sockets.insert(socket)
        return state.connections
      }
      var thread = pthread_t()
      let connection = Unmanaged.passRetained(Connection(self, socket, number))
      pthread_create(
        &thread, nil,
        { context in
          guard let context else { return nil }
          let connection = Unmanaged<Connection>.fromOpaque(context).takeRetainedValue()
          connection.server.serve(connection.socket, connection.number)
          return nil
        }, connection.toOpaque())
      pthread_detach(thread)
    }
    close(listener)
  }

  private func serve(_ socket: Int32, _ number: Int) {
    var buffer: [UInt8] = []
    requests: while let request = Self.read(from: socket, &buffer, connection: number) {
      state.withLock { $0.requests.append(request) }
      for step in respond(request) {
        guard perform(step, socket) else { break requests }
      }
    }
    state.withLock { _ = $0.sockets.remove(socket) }
    close(socket)
  }

  /// False ends the connection.
  private func perform(_ step: Step, _ socket: Int32) -> Bool {
    switch step {
    case .send(let bytes): return Self.write(bytes, to: socket)
    case .trickle(let byte):
      // As a slow server sends: each byte alone, and never for long nothing.
      while Self.write([byte], to: socket) { usleep(5000) }
      return false
    case .endless(let bytes):
      while Self.write(bytes, to: socket) {}
      return false
    case .hang:
      var byte: UInt8 = 0
      while recv(socket, &byte, 1, 0) > 0 {}
      return false
    case .close: return false
    case .reset:
      var linger = Glibc.linger(l_onoff: 1, l_linger: 0)
      setsockopt(
        socket, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
      return false
    }
  }

  private static func write(_ bytes: [UInt8], to socket: Int32) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        buffer.baseAddress.map {
          send(socket, $0 + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
        } ?? 0
      }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }

  private static func read(
    from socket: Int32, _ buffer: inout [UInt8], connection: Int
  ) -> Request? {
    var chunk = [UInt8](repeating: 0, count: 16384)
    while true {
      if let request = parse(&buffer, connection: connection) { return request }
      let count = recv(socket, &chunk, chunk.count, 0)
      guard count > 0 else { return nil }
      buffer += chunk[..<count]
    }
  }

  /// Takes one whole request off the buffer.
  private static func parse(_ buffer: inout [UInt8], connection: Int) -> Request? {
    let end = Array("\r\n\r\n".utf8)
    guard let headEnd = buffer.firstRange(of: end) else { return nil }
    let lines = String(decoding: buffer[..<headEnd.lowerBound], as: UTF8.self)
      .split(separator: "\r\n")
    let first = lines.first?.split(separator: " ") ?? []
    guard first.count == 3 else { return nil }
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      headers[line[..<colon].lowercased()] = String(
        line[line.index(after: colon)...].drop { $0 == " " })
    }
    let length = headers["content-length"].flatMap { Int($0) } ?? 0
    let bodyEnd = headEnd.upperBound + length
    guard buffer.count >= bodyEnd else { return nil }
    let body = String(decoding: buffer[headEnd.upperBound..<bodyEnd], as: UTF8.self)
    buffer.removeSubrange(..<bodyEnd)
    return Request(
      method: String(first[0]), target: String(first[1]), headers: headers, body: body,
      connection: connection)
  }
}

extension ScriptedServer.Step {
  /// A complete answer.
  package static func reply(
    _ status: Int = 200, _ body: String = "", headers: [String] = []
  ) -> ScriptedServer.Step {
    let lines =
      ["HTTP/1.1 \(status) Scripted", "Content-Length: \(body.utf8.count)"] + headers + ["", body]
    return .send(Array(lines.joined(separator: "\r\n").utf8))
  }

  package static func text(_ text: String) -> ScriptedServer.Step { .send(Array(text.utf8)) }
}
