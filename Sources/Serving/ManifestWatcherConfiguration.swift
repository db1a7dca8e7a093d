internal import Manifests
internal import Scaling
internal import StateDirectory

/// What a `ManifestWatcher` reads, and how.
struct ManifestWatcherConfiguration: Sendable {
  var directories: [String]
  var defaults: PolicyDefaults
  var zones: any TimeZoneDatabase
  /// Those that flags define.
  var dataSources: [DataSource]
  /// Whether custom resources are watched, too.
  var watchesCluster = false
  /// Which custom resources may scale workloads of other namespaces.
  var foreignTargets = ForeignTargets.all
  /// What an earlier process knew to be good.
  var restored: [KeptFile] = []
  /// What it last read of calendars, however long ago.
  var calendars: [KeptFile] = []
  /// Takes what files and objects are good with now, by path; nil for one that is gone. Called on the
  /// watcher's loop, and does not wait.
  var keepFiles: (@Sendable ([String: KeptFile?]) -> Void)?
}
