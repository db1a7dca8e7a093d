/// The version of this source tree. CHANGELOG.md has its history.
package enum Version {
  /// As `headstart version` and every start say it.
  package static let number = "0.1.0"
}
