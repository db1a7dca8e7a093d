internal import GRPCWire
internal import HTTP2Server
internal import ScalerMessages

/// `grpc.health.v1.Health` of one gRPC loop: every service of the process has the same state.
///
/// Confined to the loop.
struct HealthRPCs {
  private let responder: RPCResponder
  private var status = ServingStatus.notServing
  private var watchers: [RPCID: Bool] = [:]

  /// The empty name asks for the server as a whole.
  private static let services = Set([""] + ScalerMethod.allCases.map(\.service))

  init(responder: RPCResponder) {
    self.responder = responder
  }

  func check(_ service: String, _ rpc: RPCID) {
    guard Self.services.contains(service) else {
      responder.end(
        rpc,
        status: RPCStatus(
          .notFound,
          "no service \"\(service)\" here; ask for \"\" or "
            + "\"\(ScalerMethod.scalerService)\""))
      return
    }
    responder.respond(rpc, frame: MessageEncoder.healthCheckResponse(status))
  }

  /// An unknown service gets SERVICE_UNKNOWN and the stream stays open, as the health protocol
  /// asks: it may become known later.
  mutating func watch(_ service: String, _ rpc: RPCID) {
    let isKnown = Self.services.contains(service)
    watchers[rpc] = isKnown
    responder.send(
      rpc, frame: MessageEncoder.healthCheckResponse(isKnown ? status : .serviceUnknown))
  }

  mutating func ended(_ rpc: RPCID) {
    watchers[rpc] = nil
  }

  /// Sends a new state to all watchers.
  mutating func update(_ status: ServingStatus) {
    guard status != self.status else { return }
    self.status = status
    let frame = MessageEncoder.healthCheckResponse(status)
    for (rpc, isKnown) in watchers where isKnown {
      responder.send(rpc, frame: frame)
    }
  }
}
