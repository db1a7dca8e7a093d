/// One file as `ManifestStore` remembers it: what its present content says, and what was last good.
struct ManifestFile: Sendable {
  let path: String
  /// Whether it stands for an object of the cluster.
  let isObject: Bool
  /// What the present content decodes to.
  let current: ManifestDecoder.File
  /// The objects that the file was last used with; nil before the first time.
  private(set) var lastGood: [ManifestObject]?
  /// Of the present content; nil when it could not be read.
  private let digest: Digest?
  /// Of the content that was last good.
  private var goodDigest: Digest?

  /// Tells contents apart without keeping them.
  private struct Digest: Hashable {
    var count: Int
    /// Hashed with the seed of this process, so that no one can build two that are equal.
    var hash: Int

    init(_ bytes: [UInt8]) {
      count = bytes.count
      var hasher = Hasher()
      bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
      hash = hasher.finalize()
    }
  }

  /// Decodes the content, unless it is what the file held before.
  init(
    _ contents: FileContents, previous: ManifestFile?, decoder: ManifestDecoder,
    isObject: Bool = false
  ) {
    path = contents.path
    self.isObject = isObject
    lastGood = previous?.lastGood
    goodDigest = previous?.goodDigest
    switch contents.content {
    case .bytes(let bytes):
      let digest = Digest(bytes)
      self.digest = digest
      if let previous, previous.digest == digest {
        current = previous.current
      } else if bytes.isEmpty, lastGood?.isEmpty != true {
        current = .emptied(path, isKnown: lastGood != nil)
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

  /// Whether the file has no byte, and nothing is known of what it held.
  var isUnwritten: Bool { lastGood == nil && digest?.count == 0 }

  /// The present content is used from now on.
  ///
  /// - Returns: whether it is another one than before.
  mutating func acceptCurrent() -> Bool {
    lastGood = current.objects
    defer { goodDigest = digest }
    return goodDigest != digest
  }
}

extension ManifestDecoder.File {
  /// A file without a byte is not an order to delete its objects: that is what a writer leaves that
  /// has not written yet, was stopped after opening it, or found the disk full.
  ///
  /// - Parameter isKnown: whether it is known what the file held before.
  fileprivate static func emptied(_ path: String, isKnown: Bool) -> Self {
    let message =
      "expected manifests, found an empty file; "
      + (isKnown
        ? "its last good content stays in force (delete the file to take its objects away)"
        : "it counts as not written yet, and what it is to define is not known (a file that is to "
          + "define nothing needs a comment)")
    return Self(
      objects: [], diagnostics: [Diagnostic(severity: .error, file: path, message: message)],
      isGood: false)
  }
}
