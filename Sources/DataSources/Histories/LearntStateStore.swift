/// Where learnt states outlive the process. What belongs to which forecast is told by the fingerprint
/// of its key, and by the state itself.
package struct LearntStateStore: Sendable {
  /// Reads what was kept under a fingerprint; answers once, from any thread, with nil for nothing.
  package var load: @Sendable (UInt64, @escaping @Sendable ([UInt8]?) -> Void) -> Void
  /// Keeps a state in place of the one before, without waiting.
  package var save: @Sendable (UInt64, [UInt8]) -> Void

  package init(
    load: @escaping @Sendable (UInt64, @escaping @Sendable ([UInt8]?) -> Void) -> Void,
    save: @escaping @Sendable (UInt64, [UInt8]) -> Void
  ) {
    self.load = load
    self.save = save
  }
}
