package import EventLoop

/// The way from the engine to one gRPC loop: values cross, in order.
package final class WorkerMailbox: Sendable {
  private let loop: EventLoop
  private let deliver: @Sendable (WorkerMessage) -> Void

  /// - Parameter deliver: runs on `loop`.
  package init(
    loop: EventLoop, deliver: @escaping @Sendable (WorkerMessage) -> Void
  ) {
    self.loop = loop
    self.deliver = deliver
  }

  func post(_ message: WorkerMessage) {
    loop.post { [deliver] in deliver(message) }
  }
}

/// By identity.
extension WorkerMailbox: Hashable {
  package static func == (left: WorkerMailbox, right: WorkerMailbox) -> Bool { left === right }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(ObjectIdentifier(self))
  }
}

/// What the engine tells a worker.
package enum WorkerMessage: Sendable {
  /// The first load is done: health turns to SERVING.
  case ready
  case answers([AnswerUpdate])
  /// Too much is kept for clients: forget what was asked least recently, and say what.
  case forgetOldest
}

/// What one ScaledObject is answered from now on.
package struct AnswerUpdate: Sendable {
  package var object: ScaledObject
  package var answer: Answer
  /// Whether it counts in `ImpliedBudget`: forgotten when there are too many. Said with a first answer.
  package var isImplied = false
}
