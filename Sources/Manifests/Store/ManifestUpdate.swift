package import Scaling

/// What one reading of the directories has led to.
package struct ManifestUpdate: Equatable, Sendable {
  /// Everything that is in force, built-in data sources included.
  package var catalog: Catalog
  /// Whether the catalogue differs from the one before.
  package var hasChanged: Bool
  /// Everything that is wrong or looks wrong now, whether or not it did before: directories first,
  /// then files in their order, then by position.
  package var diagnostics: [Diagnostic]
  /// The files that have an error and are used with their last good content, in their order.
  package var heldFiles: [String]
  /// The paths of manifest files that have an error, and of directories without any file, of which
  /// nothing is in force.
  package var unknown: [String] = []
  /// The paths of files that are used with another content than before.
  package var accepted: Set<String> = []
  /// The paths of files that are not there any more.
  package var gone: [String] = []

  package init(
    catalog: Catalog, hasChanged: Bool, diagnostics: [Diagnostic], heldFiles: [String]
  ) {
    self.catalog = catalog
    self.hasChanged = hasChanged
    self.diagnostics = diagnostics
    self.heldFiles = heldFiles
  }
}
