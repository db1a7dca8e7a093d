/// How much one file may make the decoder do. A file beyond a limit is refused with an error.
struct YAMLLimits: Sendable {
  /// In bytes: 8 MiB. Kubernetes stores objects of at most 1.5 MiB.
  var fileSize = 8 << 20
  /// Values inside values, aliases followed: 64. A schedule rule of an object in a `List` is 9 deep.
  var depth = 64
  /// Values in a file, those behind aliases counted at every use: 1,000,000. Ends alias bombs.
  var nodes = 1_000_000

  static let defaults = YAMLLimits()
}
