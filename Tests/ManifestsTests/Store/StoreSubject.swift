internal import CivilTime
internal import Scaling

@testable internal import Manifests

/// A file with one policy, which asks the source `source`.
func livePolicy(_ name: String, source: String = "main", leadTime: String = "1m") -> String {
  """
  ---
  apiVersion: headstart.dev/v1alpha1
  kind: ScalingPolicy
  metadata: {name: \(name)}
  spec:
    leadTime: \(leadTime)
    signals: [{prometheus: {source: \(source), query: up, threshold: 1}}]

  """
}

/// A file with one data source.
func source(
  _ name: String, type: String = "prometheus", namespace: String? = nil
) -> String {
  """
  ---
  apiVersion: headstart.dev/v1alpha1
  kind: DataSource
  metadata: {name: \(name)\(namespace.map { ", namespace: \($0)" } ?? "")}
  spec: {type: \(type), address: "http://\(name)"}

  """
}

/// A store with one directory `d`.
struct StoreSubject {
  var store: ManifestStore

  init(builtIn: [DataSource] = []) {
    store = ManifestStore(defaults: PolicyDefaults(), zones: CCTZDatabase(), builtIn: builtIn)
  }

  mutating func update(_ files: KeyValuePairs<String, String>) -> ManifestUpdate {
    let files = files.map { name, text in
      FileContents(path: "d/\(name)", content: .bytes(Array(text.utf8)))
    }
    return update(.files(files))
  }

  mutating func update(_ listing: DirectoryContents.Listing) -> ManifestUpdate {
    store.update([DirectoryContents(path: "d", listing: listing)], now: testNow)
  }
}

extension ManifestUpdate {
  var lines: [String] { diagnostics.map(\.description) }
  var policies: [String] { catalog.policies.keys.map(\.description).sorted() }
  var sources: [String] {
    catalog.dataSources.keys.sorted().map { "\($0.kind.rawValue) \($0.name)" }
  }

  func leadTime(_ name: String) -> Duration? {
    catalog.policies[ResourceName(name: name)]?.leadTime
  }
}
