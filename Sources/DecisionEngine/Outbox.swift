/// Collects the answers that changed in one pass, for each worker in order.
///
/// Confined to the engine.
struct Outbox {
  private var updates: [WorkerMailbox: [AnswerUpdate]] = [:]

  /// The first of ten thousand answers that change at once need not wait for the last.
  private static let updatesPerMessage = 256

  mutating func put(_ update: AnswerUpdate, _ workers: [WorkerMailbox]) {
    for worker in workers {
      updates[worker, default: []].append(update)
      if updates[worker]?.count == Self.updatesPerMessage { post(to: worker) }
    }
  }

  /// Ends the pass.
  mutating func flush() {
    for worker in updates.keys { post(to: worker) }
  }

  private mutating func post(to worker: WorkerMailbox) {
    guard let message = updates.removeValue(forKey: worker) else { return }
    worker.post(.answers(message))
  }
}
