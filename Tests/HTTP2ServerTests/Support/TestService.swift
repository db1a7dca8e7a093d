internal import EventLoop
internal import Foundation
internal import GRPCWire
internal import HTTP2Server
internal import TestKit
internal import Testing

/// Answers in every way that a service can.
final class TestService: RPCService {
  enum Method: Int, CaseIterable {
    /// Unary: answers with the message.
    case echo
    /// Unary: never answers.
    case hold
    /// Unary: fails with the message as text.
    case fail
    /// Unary: answers with as many bytes as the message's four bytes say.
    case big
    /// Server streaming: as many messages as the first byte says, then OK.
    case count
    /// Server streaming: the message, and nothing more until the server ends it.
    case watch
    /// Server streaming: as many messages as the first byte says, all of `floodSize` bytes.
    case flood
    /// Bidirectional: echoes each message, ends with OK after the client.
    case chat

    var path: String { "/test.Service/\(self)" }

    var kind: RPCKind {
      switch self {
      case .echo, .hold, .fail, .big: .unary
      case .count, .watch, .flood: .serverStreaming
      case .chat: .bidirectionalStreaming
      }
    }
  }

  static let floodSize = 100_000

  private let responder: RPCResponder
  private let log: EventLog
  private static let paths = Dictionary(
    uniqueKeysWithValues: Method.allCases.map { (Array($0.path.utf8), $0) })

  init(_ responder: RPCResponder, log: EventLog) {
    self.responder = responder
    self.log = log
  }

  func method(at path: RawSpan) -> RPCMethod? {
    let bytes = path.withUnsafeBytes { Array($0) }
    return Self.paths[bytes].map { RPCMethod(id: $0.rawValue, kind: $0.kind) }
  }

  func opened(_ rpc: RPCID, method: Int) {
    log.add(.opened(method), rpc)
  }

  func received(_ message: RawSpan, on rpc: RPCID, method: Int) {
    let bytes = message.withUnsafeBytes { Array($0) }
    log.add(.received(method, bytes), rpc)
    switch Method(rawValue: method) {
    case .echo:
      responder.respond(rpc, frame: MessageFrame.framed(bytes))
    case .fail:
      let text = String(decoding: bytes, as: UTF8.self)
      responder.end(rpc, status: RPCStatus(.failedPrecondition, text))
    case .big:
      let count = Int(UInt32(bigEndianBytes: bytes))
      responder.respond(rpc, frame: MessageFrame.framed([UInt8](repeating: 7, count: count)))
    case .count:
      for number in 0..<(bytes.first ?? 0) {
        responder.send(rpc, frame: MessageFrame.framed([number]))
      }
      responder.end(rpc, status: .ok)
    case .flood:
      let frame = MessageFrame.framed([UInt8](repeating: 7, count: Self.floodSize))
      for _ in 0..<(bytes.first ?? 0) {
        responder.send(rpc, frame: frame)
      }
    case .watch, .chat:
      responder.send(rpc, frame: MessageFrame.framed(bytes))
    case .hold, nil:
      break
    }
  }

  func halfClosed(_ rpc: RPCID, method: Int) {
    log.add(.halfClosed(method), rpc)
    responder.end(rpc, status: .ok)
  }

  func ended(_ rpc: RPCID, method: Int, code: RPCCode, nanoseconds: UInt64) {
    log.add(.ended(method, code), rpc)
    // Too late, and harmless.
    responder.respond(rpc, frame: MessageFrame.framed([]))
  }

  func willDrain() {
    log.add(.willDrain, nil)
  }

  /// Answers what `hold` holds.
  func release(_ rpc: RPCID) {
    responder.respond(rpc, frame: MessageFrame.framed([1]))
  }
}

/// What the services of a server were told, for tests on other threads.
final class EventLog: Sendable {
  enum Event: Equatable {
    case opened(Int)
    case received(Int, [UInt8])
    case halfClosed(Int)
    case ended(Int, RPCCode)
    case willDrain
  }

  /// Guards `events`.
  private let condition = NSCondition()
  nonisolated(unsafe) private var events: [(event: Event, rpc: RPCID?)] = []

  func add(_ event: Event, _ rpc: RPCID?) {
    condition.withLock {
      events.append((event, rpc))
      condition.broadcast()
    }
  }

  var all: [Event] {
    condition.withLock { events.map(\.event) }
  }

  /// The codes of the RPCs of `method` that have ended.
  func ends(of method: TestService.Method) -> [RPCCode] {
    all.compactMap { event in
      guard case .ended(method.rawValue, let code) = event else { return nil }
      return code
    }
  }

  /// Waits until `count` events of the RPCs fulfil `condition`.
  ///
  /// - Returns: the RPCs of these events.
  @discardableResult
  func wait(
    for count: Int = 1, _ isWanted: (Event) -> Bool, location: SourceLocation = #_sourceLocation
  ) throws -> [RPCID] {
    let deadline = Date(timeIntervalSinceNow: 120)
    return try condition.withLock {
      while true {
        let found = events.filter { isWanted($0.event) }
        if found.count >= count { return found.compactMap(\.rpc) }
        let hasTime = condition.wait(until: deadline)
        try #require(hasTime, "found \(found.count) of \(count)", sourceLocation: location)
      }
    }
  }

  /// Waits until `count` RPCs of `method` have ended.
  func waitForEnds(
    of method: TestService.Method, count: Int = 1, location: SourceLocation = #_sourceLocation
  ) throws {
    try wait(
      for: count,
      {
        guard case .ended(method.rawValue, _) = $0 else { return false }
        return true
      }, location: location)
  }
}
