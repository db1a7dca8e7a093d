internal import GRPCWire
internal import HTTP2Server
internal import ScalerMessages
internal import TestKit
internal import Testing

@testable internal import ScalerRPCs

@Suite struct HealthRPCsTests {
  private let recorder = AnswerRecorder()
  private var responder: RPCResponder {
    RPCResponder { [recorder] rpc, answer in recorder.append(rpc, answer) }
  }

  private func rpc(_ stream: Int32) -> RPCID { RPCID(connection: 1, stream: stream) }

  private func frame(_ status: ServingStatus) -> [UInt8] {
    MessageEncoder.healthCheckResponse(status)
  }

  @Test(arguments: ["", "externalscaler.ExternalScaler", "grpc.health.v1.Health"])
  func `every service has the state of the process`(_ service: String) {
    var health = HealthRPCs(responder: responder)
    health.check(service, rpc(1))
    health.update(.serving)
    health.check(service, rpc(3))
    health.update(.notServing)
    health.check(service, rpc(5))
    #expect(recorder.take(rpc(1)) == [.respond(frame(.notServing))])
    #expect(recorder.take(rpc(3)) == [.respond(frame(.serving))])
    #expect(recorder.take(rpc(5)) == [.respond(frame(.notServing))])
  }

  @Test func `an unknown service is NOT_FOUND to Check and SERVICE_UNKNOWN to Watch`() {
    var health = HealthRPCs(responder: responder)
    health.check("nope", rpc(1))
    guard case .end(let status)? = recorder.take(rpc(1)).first else {
      Issue.record("no status")
      return
    }
    #expect(status.code == .notFound)
    health.watch("nope", rpc(3))
    health.update(.serving)
    #expect(recorder.take(rpc(3)) == [.send(frame(.serviceUnknown))])
  }

  @Test func `a watcher hears the state on open and each change once, until it ends`() {
    var health = HealthRPCs(responder: responder)
    health.watch("", rpc(1))
    health.update(.serving)
    health.update(.serving)
    health.update(.notServing)
    #expect(
      recorder.take(rpc(1)) == [
        .send(frame(.notServing)), .send(frame(.serving)), .send(frame(.notServing)),
      ])
    health.ended(rpc(1))
    health.update(.serving)
    #expect(recorder.take(rpc(1)).isEmpty)
  }
}
