/// What came of reading all files again.
package struct ReloadReport: Hashable, Sendable {
  /// Those in force.
  package var policies: Int
  /// What could not be read or is invalid, one sentence each; the last good content is in force.
  package var problems: [String]

  package init(policies: Int, problems: [String] = []) {
    self.policies = policies
    self.problems = problems
  }
}
