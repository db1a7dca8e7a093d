/// A text that is not JSON, or not the JSON that was expected.
struct JSONError: Error, Hashable, CustomStringConvertible {
  /// In bytes from the start.
  var offset: Int
  /// What was expected and what was found.
  var problem: String

  /// The end of a sentence: `…, found "NaN" at byte 17`.
  var description: String { "\(problem) at byte \(offset)" }
}
