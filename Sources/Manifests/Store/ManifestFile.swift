/// One file as `ManifestStore` remembers it: what its present content says, and what was last good.
struct ManifestFile: Sendable {
  let path: String
  /// What the present content decodes to.
  let current: ManifestDecoder.File
  /// The objects that the file was last used with; nil before the first time.
  private(set) var lastGood: [ManifestObject]?
  /// Of the present content; nil when it could not be read.
  private let digest: Digest?

  /// Tells contents apart without keeping them.
  private struct Digest: Hashable {
    var count: Int
    /// Hashed with the seed of this process, so that nobody can build two that are equal.
    var hash: Int

    init(_ bytes: [UInt8]) {
      count = bytes.count
      var hasher = Hasher()
      bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
      hash = hasher.finalize()
    }
  }

  /// Decodes the content, unless it is what the file held before.
  init(_ contents: FileContents, previous: ManifestFile?, decoder: ManifestDecoder) {
    path = contents.path
    lastGood = previous?.lastGood
    switch contents.content {
    case .bytes(let bytes):
      let digest = Digest(bytes)
      self.digest = digest
      if let previous, previous.digest == digest {
        current = previous.current
      } else if bytes.isEmpty, lastGood?.isEmpty == false {
        current = .emptied(path)
      } else {
        current = decoder.decode(bytes, path: contents.path)
      }
    case .unreadable(let reason):
      digest = nil
      current = ManifestDecoder.File(
        objects: [],
        diagnostics: [Diagnostic(severity: .error, file: path, message: reason)], isGood: false)
    }
  }

  /// The present content is used from now on.
  mutating func acceptCurrent() {
    lastGood = current.objects
  }
}

extension ManifestDecoder.File {
  /// A file that had objects and now has no byte is not an order to delete them: that is what a
  /// writer leaves behind that was stopped after opening it, or found the disk full.
  fileprivate static func emptied(_ path: String) -> Self {
    let message =
      "expected manifests, found an empty file; its last good content stays in force"
      + " (delete the file to take its objects away)"
    return Self(
      objects: [], diagnostics: [Diagnostic(severity: .error, file: path, message: message)],
      isGood: false)
  }
}
