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
    _ contents: DirectoryContents, previous: KeptDirectory?, decoder: ManifestDecoder,
    onAllProcessors: Bool
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
      decoder.audits.began()
      let threads = onAllProcessors ? KeptDirectory.threads(for: found) : 1
      files = found.concurrentMap(threads: threads) { index, file in
        defer { decoder.audits.finished(file: index) }
        return ManifestFile(file, previous: known[file.path], decoder: decoder.of(file: index))
      }
      let message =
        "there is no manifest in this directory; expected files named *.yaml, *.yml or *.json"
      diagnostics =
        found.isEmpty ? [Diagnostic(severity: .warning, file: path, message: message)] : []
    }
  }

  /// With less to read than a millisecond's worth, starting a thread would take longer than it saves.
  private static func threads(for files: [FileContents]) -> Int {
    let size = files.reduce(0) { $0 + $1.byteCount }
    return size < 64 * 1024 ? 1 : min(Processors.count, maxThreads)
  }

  private static let maxThreads = 8
}
