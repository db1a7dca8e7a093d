package import Foundation

/// Where the files are that tests read.
package enum FixtureFiles {
  package static let repository = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// What the repository has, in `Tests/Fixtures`.
  package static func own(_ path: String) -> URL {
    repository.appendingPathComponent("Tests/Fixtures/\(path)")
  }

  /// What may lie beside the repository.
  package static func shared(_ path: String) -> URL {
    repository.deletingLastPathComponent().appendingPathComponent("shared/\(path)")
  }
}
