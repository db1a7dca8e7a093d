/// A manifest file, or an object of the cluster, with the content that it was last good with.
package struct KeptFile: Hashable, Sendable {
  /// Of the directory of manifests, or of the kind of object.
  package var directory: String
  /// As findings name it; no two files have one.
  package var path: String
  /// Whether it is an object of the cluster.
  package var isObject: Bool
  /// UTF-8.
  package var content: [UInt8]

  package init(directory: String, path: String, isObject: Bool, content: [UInt8]) {
    self.directory = directory
    self.path = path
    self.isObject = isObject
    self.content = content
  }
}

extension KeptFile {
  private static let calendars = "calendars"

  /// An iCalendar file that came over the network.
  package init(calendar path: String, content: [UInt8]) {
    self.init(directory: Self.calendars, path: path, isObject: false, content: content)
  }

  package var isCalendar: Bool { directory == Self.calendars }
}
