internal import Scaling
private import Synchronization

/// Lets policies with the same signals share them: a fleet is made from a few templates, and the
/// rules of a schedule are the largest part of a policy.
///
/// The files of one reading share it, and the threads that decode them.
final class SignalTemplates: Sendable {
  private let known = Mutex<Set<[Signal]>>([])

  /// The first list that equals this one.
  func shared(_ signals: [Signal]) -> [Signal] {
    known.withLock { $0.insert(signals).memberAfterInsert }
  }
}
