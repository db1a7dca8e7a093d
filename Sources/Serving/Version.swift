/// The version of this source tree. CHANGELOG.md has its history.
package enum Version {
  /// As `headstart version` and every start say it. Between releases: the next one's, with `-dev`.
  package static let number = "0.2.0-dev"
}
