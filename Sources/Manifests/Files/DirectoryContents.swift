/// What a directory of manifests holds at one moment: the input of `ManifestStore`.
package struct DirectoryContents: Hashable, Sendable {
  /// As the directory was named to Headstart.
  package var path: String
  package var listing: Listing
  /// Whether each file is an object of the cluster: one that is broken says nothing of the others.
  package var holdsObjects: Bool
  /// The paths of files that are not read because of their names, and of directories, which end in a slash.
  package var passedOver: [String]

  package enum Listing: Hashable, Sendable {
    /// In the order of their names.
    case files([FileContents])
    /// The directory is gone or cannot be read; why, in one sentence.
    case unreadable(String)
  }

  package init(
    path: String, listing: Listing, holdsObjects: Bool = false, passedOver: [String] = []
  ) {
    self.path = path
    self.listing = listing
    self.holdsObjects = holdsObjects
    self.passedOver = passedOver
  }
}

/// One file with manifests.
package struct FileContents: Hashable, Sendable {
  /// As diagnostics name it.
  package var path: String
  package var content: Content

  package enum Content: Hashable, Sendable {
    case bytes([UInt8])
    /// It exists and cannot be read; why, in one sentence.
    case unreadable(String)
  }

  package init(path: String, content: Content) {
    self.path = path
    self.content = content
  }

  var byteCount: Int {
    switch content {
    case .bytes(let bytes): bytes.count
    case .unreadable: 0
    }
  }
}
