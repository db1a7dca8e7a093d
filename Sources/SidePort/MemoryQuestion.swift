/// What another replica asks about what the policies of this one last asked.
package struct MemoryQuestion: Hashable, Sendable {
  /// The texts of policies' keys; nil for all.
  package var policies: [String]?
  /// Leaves out what is lost here, too.
  package var onlyFresh: Bool
  /// Which replica asks; nil for somebody else.
  package var asker: String?

  package init(policies: [String]? = nil, onlyFresh: Bool = false, asker: String? = nil) {
    self.policies = policies
    self.onlyFresh = onlyFresh
    self.asker = asker
  }
}

package enum MemoryAnswer: Hashable, Sendable {
  /// JSON, in a format of its own.
  case memory([UInt8])
  /// The question came from this very process.
  case ownCall
  /// The control loop does not answer.
  case noAnswer
}
