package import HTTP2Server
internal import Synchronization

/// What a service answered, in order.
package final class AnswerRecorder: Sendable {
  private let answers = Mutex<[(rpc: RPCID, answer: RPCResponder.Answer)]>([])

  package init() {}

  package func append(_ rpc: RPCID, _ answer: RPCResponder.Answer) {
    answers.withLock { $0.append((rpc, answer)) }
  }

  package func take(_ rpc: RPCID) -> [RPCResponder.Answer] {
    answers.withLock { answers in
      let found = answers.filter { $0.rpc == rpc }.map(\.answer)
      answers.removeAll { $0.rpc == rpc }
      return found
    }
  }
}
