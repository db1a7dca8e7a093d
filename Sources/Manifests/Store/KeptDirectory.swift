/// One directory as `ManifestStore` remembers it.
struct KeptDirectory: Sendable {
  let path: String
  /// In the order of their names.
  var files: [ManifestFile]
  /// What is wrong with the directory as a whole.
  let diagnostics: [Diagnostic]

  /// Takes over from `previous` what has not changed, and everything when the directory cannot be
  /// read: a volume that is not mounted must not look like an order to delete every policy.
  init(
    _ contents: DirectoryContents, previous: KeptDirectory?, decoder: ManifestDecoder
  ) {
    path = contents.path
    let earlier = previous?.files ?? []
    switch contents.listing {
    case .unreadable(let reason):
      files = earlier
      let kept = earlier.isEmpty ? "" : "; its last good content stays in force"
      diagnostics = [Diagnostic(severity: .error, file: path, message: reason + kept)]
    case .files(let found):
      let known = Dictionary(earlier.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
      files = found.map { ManifestFile($0, previous: known[$0.path], decoder: decoder) }
      let message =
        "there is no manifest in this directory; expected files named *.yaml, *.yml or *.json"
      diagnostics =
        found.isEmpty ? [Diagnostic(severity: .warning, file: path, message: message)] : []
    }
  }
}
