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

  package init(
    catalog: Catalog, hasChanged: Bool, diagnostics: [Diagnostic], heldFiles: [String]
  ) {
    self.catalog = catalog
    self.hasChanged = hasChanged
    self.diagnostics = diagnostics
    self.heldFiles = heldFiles
  }
}
