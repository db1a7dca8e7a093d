package import Scaling

/// What a policy leaves out whose default was another one in 0.1.0.
package struct OldDefaults: OptionSet, Hashable, Sendable {
  package let rawValue: UInt8

  package init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  /// `hold`, of a policy with signals that can be lost: 5m then, forever now.
  package static let hold = OldDefaults(rawValue: 1)
  /// `required`, of a signal beside others: false then, true now.
  package static let required = OldDefaults(rawValue: 2)

  /// What `check` says of the policies that rely on them: one line for each default.
  ///
  /// - Parameter policies: with what each leaves out.
  package static func notes(of policies: [(name: ResourceName, leftOut: OldDefaults)]) -> [String] {
    let texts: [(OldDefaults, String)] = [
      (
        .hold,
        "leave out hold: a lost signal goes on asking until it is back, in 0.1.0 for 5m; write hold: 5m"
          + " for that"
      ),
      (
        .required,
        "leave out required: a signal that was never read prevents an answer, in 0.1.0 it took no part;"
          + " write required: false for that"
      ),
    ]
    return texts.compactMap { leftOut, text in
      let names = policies.filter { $0.leftOut.contains(leftOut) }.map(\.name).sorted()
      guard !names.isEmpty else { return nil }
      let shown = names.prefix(5).map(\.description).joined(separator: ", ")
      let rest = names.count > 5 ? " and \(names.count - 5) more" : ""
      return "note: these policies \(text): \(shown)\(rest)"
    }
  }
}
