internal import Scaling

/// Lets policies with the same signals share them: a fleet is made from a few templates, and the
/// rules of a schedule are the largest part of a policy.
///
/// A class, so that the files of one reading share it; it stays within one call.
final class SignalTemplates {
  private var known: Set<[Signal]> = []

  /// The first list that equals this one.
  func shared(_ signals: [Signal]) -> [Signal] {
    known.insert(signals).memberAfterInsert
  }
}
