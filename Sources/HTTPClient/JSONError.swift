/// A text that is not JSON, or not the JSON that was expected.
package struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
  /// In bytes from the start.
  package var offset: Int
  /// What was expected and what was found.
  package var problem: String

  /// The end of a sentence: `…, found "NaN" at byte 17`.
  package var description: String { "\(problem) at byte \(offset)" }

  package init(offset: Int, problem: String) {
    self.offset = offset
    self.problem = problem
  }
}
