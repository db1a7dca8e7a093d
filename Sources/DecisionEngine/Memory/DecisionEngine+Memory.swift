internal import EventLoop
internal import Scaling

extension DecisionEngine {
  /// Hands over what has yet to be kept, and that the process runs.
  func handOverMemory() {
    nextKeeping = loop.now + configuration.keepingInterval
    let changes = memories.takeChanges(at: now) { entry($0)?.lasting }
    configuration.keepMemory?(changes)
  }
}
