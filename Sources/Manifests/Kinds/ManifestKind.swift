/// A kind of manifest: what it is called, and how its `spec` is decoded.
protocol ManifestKind: SendableMetatype {
  static var apiVersion: String { get }
  static var kind: String { get }
  /// Whether names with capitals are taken, as the system does that brought the kind.
  static var takesCapitals: Bool { get }

  /// Decodes the `spec` of one object, reporting what is wrong with it.
  ///
  /// - Returns: Nil when nothing can be made of it, after an error has been reported.
  static func decode(
    spec: ManifestFields, metadata: ObjectMetadata, decoder: ManifestDecoder
  ) -> ManifestObject?
}

extension ManifestKind {
  static var takesCapitals: Bool { false }
}

/// The kinds that this version knows, and what is said of the others.
enum ManifestKinds {
  static let supported: [any ManifestKind.Type] = [
    ScalingPolicyKind.self, DataSourceKind.self, CalendarKind.self, ScalingRuleKind.self,
    ElastiServiceKind.self,
  ]

  /// The decoder of a kind; reports an error at the field that is to blame when there is none.
  static func find(
    apiVersion: (value: ManifestValue, text: String), kind: (value: ManifestValue, text: String)
  ) -> (any ManifestKind.Type)? {
    if let found = supported.first(where: {
      $0.apiVersion == apiVersion.text && $0.kind == kind.text
    }) {
      return found
    }
    let ofVersion = supported.filter { $0.apiVersion == apiVersion.text }
    if !ofVersion.isEmpty {
      kind.value.error(
        expected: ofVersion.map { $0.kind }.joined(separator: " or "),
        hint: didYouMean(kind.text, among: ofVersion.map { $0.kind }))
    } else if !isMistaken(apiVersion.text, kind.text) {
      kind.value.report.warning(
        "a \(printable(kind.text.unicodeScalars.prefix(60))) "
          + "(\(printable(apiVersion.text.unicodeScalars.prefix(60)))) is passed over; Headstart reads "
          + names, at: kind.value.node.position)
    } else {
      let versions = supported.map { $0.apiVersion }
      let hint =
        supported.contains { $0.kind == kind.text }
        ? didYouMean(apiVersion.text, among: versions) : nil
      apiVersion.value.error(
        "expected the apiVersion and kind of a manifest, found \(quoted(apiVersion.text)) and "
          + "\(quoted(kind.text)); \(hint ?? "known are \(names)")")
    }
    return nil
  }

  /// Whether a manifest of Headstart is meant by an apiVersion and a kind that are none.
  private static func isMistaken(_ apiVersion: String, _ kind: String) -> Bool {
    let groups = supported.map { $0.apiVersion.prefix { $0 != "/" }.lowercased() }
    return groups.contains(apiVersion.prefix { $0 != "/" }.lowercased())
      || supported.contains { $0.kind.lowercased() == kind.lowercased() }
      || Suggestion.nearest(to: apiVersion, among: supported.map { $0.apiVersion }) != nil
      || !apiVersion.contains("/") && !apiVersion.hasPrefix("v")
  }

  private static var names: String {
    let names = supported.map { "\($0.kind) (\($0.apiVersion))" }
    return names.dropLast().joined(separator: ", ") + " and " + (names.last ?? "")
  }

  private static func didYouMean(_ word: String, among candidates: [String]) -> String? {
    Suggestion.nearest(to: word, among: candidates).map { "did you mean \($0)?" }
  }
}
