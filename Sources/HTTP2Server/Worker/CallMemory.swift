internal import Synchronization

/// Counts what the calls of all connections hold against their limit (`--max-call-memory`). From any
/// thread.
///
/// Connections take it in portions, so that a call costs no locked addition. A quarter of the limit is
/// for those that hold little: a few that hold much cannot keep it from the others.
final class CallMemory: Sendable {
  /// In bytes.
  private let limit: Int
  private let held = Atomic(0)

  /// What is taken at once, in bytes: four calls. A connection that made a call keeps one, so that the
  /// next needs nothing that others may have taken meanwhile.
  static let portion = 16 << 10
  /// Up to here a connection holds little, in bytes: 16 calls.
  static let little = 64 << 10

  /// - Parameter limit: in bytes; nil for none.
  init(limit: Int?) {
    self.limit = limit ?? .max
  }

  /// What all connections have taken, in bytes.
  var taken: Int { held.load(ordering: .relaxed) }

  /// As many whole portions as hold `bytes`, in bytes.
  static func portions(for bytes: Int) -> Int {
    (bytes + portion - 1) / portion * portion
  }

  /// Takes memory for a connection that has taken `others` before.
  ///
  /// - Returns: false when there is not so much left for it.
  func take(_ bytes: Int, besides others: Int) -> Bool {
    let most = others + bytes <= Self.little ? limit : limit - limit / 4
    guard held.add(bytes, ordering: .relaxed).newValue > most else { return true }
    giveBack(bytes)
    return false
  }

  func giveBack(_ bytes: Int) {
    held.subtract(bytes, ordering: .relaxed)
  }
}
