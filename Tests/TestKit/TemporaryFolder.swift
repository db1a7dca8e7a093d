internal import Foundation

/// A folder that is removed with its owner.
package final class TemporaryFolder: Sendable {
  package let path: String

  package init() throws {
    let url = FileManager.default.temporaryDirectory
      .appendingPathComponent("headstart-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  package func path(_ name: String) -> String { "\(path)/\(name)" }

  /// Writes a new file and puts it in the place of an earlier one at once, as Kubernetes does.
  ///
  /// - Returns: its path.
  @discardableResult
  package func write(_ name: String, _ content: String) throws -> String {
    let file = path(name)
    try Data(content.utf8).write(to: URL(fileURLWithPath: file), options: .atomic)
    return file
  }
}
