internal import GRPCWire

@testable internal import HTTP2Server

/// Answers in every way that a service can, on the paths that KEDA calls, and keeps account.
final class FuzzedService: RPCService {
  private enum Method: String, CaseIterable {
    case echo = "/externalscaler.ExternalScaler/GetMetrics"
    case fail = "/externalscaler.ExternalScaler/IsActive"
    /// Answered only when the connection has been waiting.
    case hold = "/externalscaler.ExternalScaler/GetMetricSpec"
    case watch = "/externalscaler.ExternalScaler/StreamIsActive"
    /// Sends more than may wait.
    case flood = "/grpc.health.v1.Health/Watch"
    case big = "/grpc.health.v1.Health/Check"
    case chat = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"

    var kind: RPCKind {
      switch self {
      case .echo, .fail, .hold, .big: .unary
      case .watch, .flood: .serverStreaming
      case .chat: .bidirectionalStreaming
      }
    }
  }

  static let longestMessage = 5000

  private let responder: RPCResponder
  private static let paths = Method.allCases.map { Array($0.rawValue.utf8) }
  /// Streaming RPCs that have begun, and what has ended without having begun.
  private var open: Set<RPCID> = []
  private var held: [RPCID] = []
  private var problem: String?

  init(_ responder: RPCResponder) {
    self.responder = responder
  }

  func method(at path: RawSpan) -> RPCMethod? {
    let index = Self.paths.firstIndex { known in known.withUnsafeBytes { path.equals($0) } }
    return index.map { RPCMethod(id: $0, kind: Method.allCases[$0].kind) }
  }

  func opened(_ rpc: RPCID, method: Int) {
    if !open.insert(rpc).inserted { problem = "a call was opened twice" }
  }

  func received(_ message: RawSpan, on rpc: RPCID, method: Int) {
    let method = Method.allCases[method]
    if method.kind != .unary, !open.contains(rpc) { problem = "a message came on no open call" }
    let bytes = message.withUnsafeBytes { Array($0) }
    switch method {
    case .echo:
      responder.respond(rpc, frame: MessageFrame.framed(bytes))
    case .fail:
      let text = String(decoding: bytes, as: UTF8.self)
      responder.end(rpc, status: RPCStatus(.failedPrecondition, text))
    case .hold:
      held.append(rpc)
    case .watch, .chat:
      responder.send(rpc, frame: MessageFrame.framed(bytes))
    case .flood:
      let frame = MessageFrame.framed([UInt8](repeating: 7, count: 700))
      for _ in 0..<10 { responder.send(rpc, frame: frame) }
    case .big:
      let answer = [UInt8](repeating: 7, count: Self.longestMessage - MessageFrame.prefixLength)
      responder.respond(rpc, frame: MessageFrame.framed(answer))
    }
  }

  func halfClosed(_ rpc: RPCID, method: Int) {
    if !open.contains(rpc) { problem = "no open call was half closed" }
    responder.end(rpc, status: .ok)
  }

  func ended(_ rpc: RPCID, method: Int, code: RPCCode, nanoseconds: UInt64) {
    let isStreaming = Method.allCases[method].kind != .unary
    if isStreaming, open.remove(rpc) == nil { problem = "a call ended that was not open" }
    // Too late, and harmless.
    responder.respond(rpc, frame: MessageFrame.framed([]))
  }

  func willDrain() {}

  /// Answers what was held, whether or not it is still there.
  func answerHeld() {
    for rpc in held { responder.respond(rpc, frame: MessageFrame.framed([1])) }
    held = []
  }

  /// To be called after each connection.
  func requireAllEnded() throws(Broken) {
    defer {
      open = []
      held = []
      problem = nil
    }
    if let problem { throw Broken(problem) }
    try require(open.isEmpty, "\(open.count) calls never ended")
  }
}
