internal import Manifests
internal import Scaling

extension ResourceName {
  /// What a call for this policy is answered where there is none, with those that were most likely
  /// meant.
  ///
  /// - Parameters:
  ///   - all: the policies in force.
  ///   - spelling: whether names that are spelled alike are looked for. That takes a hundredth of a
  ///     second for 10,000 policies: too long for a call that anybody may make to the control loop.
  func unknownPolicy(among all: [ResourceName], spelling: Bool = true) -> String {
    let place = namespace.map { "in namespace \($0)" } ?? "without a namespace"
    let near = self.near(among: all, spelling: spelling)
    let hint =
      near.isEmpty
      ? "/api/v1/policies lists all that are"
      : "did you mean \(near.map(\.description).joined(separator: " or "))?"
    return "there is no policy \(name) \(place); \(hint)"
  }

  /// The same name elsewhere, and else one that is spelled alike: here, and else elsewhere.
  private func near(among all: [ResourceName], spelling: Bool) -> [ResourceName] {
    // What a trigger's own metadata asks for is named as its ScaledObject, and a hash.
    let elsewhere = all.filter { $0 != self && ($0.name == name || $0.name.hasPrefix("\(name)@")) }
    guard spelling, elsewhere.isEmpty else { return Self.few(elsewhere) }
    let here = all.filter { $0.namespace == nil || $0.namespace == namespace }
    let alike = { (names: [ResourceName]) in
      let meant = Suggestion.nearest(to: name, among: names.map(\.name))
      return names.filter { $0.name == meant }
    }
    let found = alike(here)
    return Self.few(found.isEmpty ? alike(all) : found)
  }

  private static func few(_ names: [ResourceName]) -> [ResourceName] {
    Array(Set(names).sorted().prefix(3))
  }
}
