/// The version of this source tree. CHANGELOG.md has its history.
enum Version {
  static let number = "0.1.0"
}
