/// One directory as `ManifestStore` remembers it.
struct KeptDirectory: Sendable {
  let path: String
  /// In the order of their names.
  var files: [ManifestFile]
  /// What is wrong with the directory as a whole.
  let diagnostics: [Diagnostic]
  /// The paths of files that are not there any more.
  let gone: [String]
  /// See `DirectoryContents.holdsObjects`.
  let holdsObjects: Bool

  /// Takes over from `previous` what has not changed, and everything when the directory cannot be
  /// read or is empty at once: a volume that is not mounted must not look like an order to delete
  /// every policy.
  init(
    _ contents: DirectoryContents, previous: KeptDirectory?, decoder: ManifestDecoder
  ) {
    path = contents.path
    holdsObjects = contents.holdsObjects
    let earlier = previous?.files ?? []
    var decoder = decoder
    // Files are the operator's own.
    if !holdsObjects { decoder.foreignTargets = .all }
    switch contents.listing {
    case .unreadable(let reason):
      files = earlier
      gone = []
      let kept = earlier.isEmpty ? "" : "; its last good content stays in force"
      diagnostics = [Diagnostic(severity: .error, file: path, message: reason + kept)]
    case .files(let found) where found.isEmpty && !earlier.isEmpty:
      files = earlier
      gone = []
      let message =
        "expected manifests, found an empty directory; its last good content stays in force"
        + " (keep one file, such as one with a comment alone, to take all objects away)"
      diagnostics = [Diagnostic(severity: .error, file: path, message: message)]
    case .files(let found):
      var known = Dictionary(earlier.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
      files = found.map {
        ManifestFile(
          $0, previous: known.removeValue(forKey: $0.path), decoder: decoder,
          isObject: contents.holdsObjects
        )
      }
      gone = Array(known.keys)
      let message =
        "there is no manifest in this directory; expected files named *.yaml, *.yml or *.json"
      diagnostics =
        (found.isEmpty ? [Diagnostic(severity: .warning, file: path, message: message)] : [])
        + contents.passedOver.map {
          Diagnostic(
            severity: .warning, file: $0,
            message: $0.hasSuffix("/")
              ? "not read: what is in a directory below the one that is named is left out"
              : "not read, because of its name: manifests are named *.yaml, *.yml or *.json")
        }
    }
  }
}
