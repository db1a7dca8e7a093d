internal import CivilTime
internal import Scaling
internal import Testing

@testable internal import Manifests

private func livePolicy(_ name: String, source: String = "main", leadTime: String = "1m") -> String
{
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

private func source(
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
private struct Subject {
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
  fileprivate var lines: [String] { diagnostics.map(\.description) }
  fileprivate var policies: [String] { catalog.policies.keys.map(\.description).sorted() }
  fileprivate var sources: [String] {
    catalog.dataSources.keys.sorted().map { "\($0.kind.rawValue) \($0.name)" }
  }

  fileprivate func leadTime(_ name: String) -> Duration? {
    catalog.policies[ResourceName(name: name)]?.leadTime
  }
}

struct ManifestStoreTests {
  @Test func `a policy may name a source of any file`() {
    var subject = Subject()
    let update = subject.update(["a.yaml": livePolicy("p"), "b.yaml": source("main")])
    #expect(update.lines == [])
    #expect(update.policies == ["p"])
    #expect(update.sources == ["prometheus main"])
    #expect(update.hasChanged)
    #expect(subject.store.catalog == update.catalog)
  }

  @Test func `policies made from one template share their signals`() throws {
    var subject = Subject()
    let update = subject.update([
      "a.yaml": source("main") + livePolicy("p") + livePolicy("q", leadTime: "2m"),
      "b.yaml": livePolicy("r"),
    ])
    let addresses = ["p", "q", "r"].map { name in
      update.catalog.policies[ResourceName(name: name)]?.signals.withUnsafeBufferPointer {
        $0.baseAddress
      }
    }
    try #require(addresses[0] != nil)
    #expect(Set(addresses).count == 1)
  }

  @Test func `reading the same again changes nothing`() {
    var subject = Subject()
    _ = subject.update(["a.yaml": source("main") + livePolicy("p")])
    #expect(!subject.update(["a.yaml": source("main") + livePolicy("p")]).hasChanged)
    #expect(subject.update(["a.yaml": source("main") + livePolicy("p", leadTime: "2m")]).hasChanged)
  }

  @Test func `a broken file keeps its last good content and is reported`() {
    var subject = Subject()
    _ = subject.update(["a.yaml": source("main") + livePolicy("p"), "b.yaml": livePolicy("q")])
    let update = subject.update([
      "a.yaml": source("main") + livePolicy("p", leadTime: "5"),
      "b.yaml": livePolicy("q", leadTime: "2m"),
    ])
    #expect(
      update.lines == [
        "d/a.yaml:11:13: error: spec.leadTime: expected a duration from 0s to 7d, "
          + "such as 90s or 1h30m, found the number 5; add a unit: write 5s for seconds"
      ])
    #expect(update.heldFiles == ["d/a.yaml"])
    #expect(update.leadTime("p") == .seconds(60))
    #expect(update.leadTime("q") == .seconds(120))

    let repaired = subject.update([
      "a.yaml": source("main") + livePolicy("p", leadTime: "5s"), "b.yaml": livePolicy("q"),
    ])
    #expect(repaired.lines == [])
    #expect(repaired.heldFiles == [])
    #expect(repaired.leadTime("p") == .seconds(5))
  }

  @Test func `a file that was never good is left out whole`() {
    var subject = Subject()
    let update = subject.update(["a.yaml": source("main"), "b.yaml": livePolicy("p") + "x: ["])
    #expect(update.policies == [])
    #expect(update.heldFiles == [])
    #expect(update.lines.count == 1)
  }

  @Test func `a file that cannot be read any more keeps its last good content`() {
    var subject = Subject()
    _ = subject.update(["a.yaml": source("main")])
    let update = subject.update(
      .files([FileContents(path: "d/a.yaml", content: .unreadable("is gone bad"))]))
    #expect(update.lines == ["d/a.yaml: error: is gone bad"])
    #expect(update.heldFiles == ["d/a.yaml"])
    #expect(update.sources == ["prometheus main"])
  }

  @Test func `a file that is emptied keeps its last good content until it is deleted`() {
    var subject = Subject()
    _ = subject.update(["a.yaml": source("main"), "b.yaml": livePolicy("p")])
    for _ in 1...2 {
      let update = subject.update(["a.yaml": source("main"), "b.yaml": ""])
      #expect(
        update.lines == [
          "d/b.yaml: error: expected manifests, found an empty file; its last good content stays "
            + "in force (delete the file to take its objects away)"
        ])
      #expect(update.heldFiles == ["d/b.yaml"])
      #expect(update.leadTime("p") == .seconds(60))
    }
    let written = subject.update([
      "a.yaml": source("main"), "b.yaml": livePolicy("p", leadTime: "2m"),
    ])
    #expect(written.lines == [])
    #expect(written.leadTime("p") == .seconds(120))
    #expect(subject.update(["a.yaml": source("main")]).policies == [])
  }

  @Test func `a file whose manifests are commented out has none`() {
    var subject = Subject()
    _ = subject.update(["a.yaml": source("main")])
    let update = subject.update(["a.yaml": "# nothing\n"])
    #expect(update.lines == ["d/a.yaml:1:1: warning: there is no manifest in this file"])
    #expect(update.sources == [])
    #expect(
      subject.update(["a.yaml": ""]).lines == [
        "d/a.yaml:1:1: warning: there is no manifest in this file"
      ])
  }

  @Test func `the objects of a deleted file go`() {
    var subject = Subject()
    _ = subject.update(["a.yaml": source("main"), "b.yaml": livePolicy("p")])
    let update = subject.update(["a.yaml": source("main")])
    #expect(update.lines == [])
    #expect(update.policies == [])
    #expect(update.hasChanged)
  }

  @Test func `a directory that vanishes keeps everything`() {
    var subject = Subject()
    _ = subject.update(["a.yaml": source("main") + livePolicy("p")])
    let update = subject.update(.unreadable("the directory cannot be read"))
    #expect(
      update.lines == [
        "d: error: the directory cannot be read; its last good content stays in force"
      ])
    #expect(update.policies == ["p"])
    #expect(!update.hasChanged)
    #expect(subject.update(["a.yaml": source("main")]).policies == [])
  }

  @Test func `a directory that was never there is an error, an empty one a warning`() {
    var subject = Subject()
    #expect(subject.update(.unreadable("gone")).lines == ["d: error: gone"])
    #expect(
      subject.update([:]).lines == [
        "d: warning: there is no manifest in this directory; "
          + "expected files named *.yaml, *.yml or *.json"
      ])
  }

  @Test func `of two objects with one name the first file keeps it`() {
    var subject = Subject()
    let update = subject.update([
      "a.yaml": source("main") + livePolicy("p"),
      "b.yaml": livePolicy("q") + livePolicy("p", leadTime: "9m"),
    ])
    #expect(
      update.lines == [
        "d/b.yaml:11:18: error: the ScalingPolicy p is already defined at d/a.yaml:9:18; "
          + "names are unique"
      ])
    #expect(update.policies == ["p"])
    #expect(update.leadTime("p") == .seconds(60))
  }

  @Test func `a file that takes a name does not take it from the first`() {
    var subject = Subject()
    _ = subject.update([
      "a.yaml": source("main"), "b.yaml": livePolicy("p", leadTime: "1m"),
      "c.yaml": livePolicy("q"),
    ])
    let update = subject.update([
      "a.yaml": source("main"), "b.yaml": livePolicy("p", leadTime: "1m"),
      "c.yaml": livePolicy("p", leadTime: "3m"),
    ])
    #expect(update.heldFiles == ["d/c.yaml"])
    #expect(update.policies == ["p", "q"])
    #expect(update.leadTime("p") == .seconds(60))
  }

  @Test func `a name twice in one file is an error of that file`() {
    var subject = Subject()
    let update = subject.update(["a.yaml": source("s") + source("s")])
    #expect(
      update.lines == [
        "d/a.yaml:9:18: error: the DataSource s of type prometheus is already defined at "
          + "d/a.yaml:4:18; names are unique"
      ])
    #expect(update.sources == [])
  }

  @Test func `names are apart by kind, type and namespace`() {
    var subject = Subject()
    let update = subject.update([
      "a.yaml": source("s") + source("s", type: "forecaster") + source("s", namespace: "n")
        + livePolicy("s", source: "s")
    ])
    #expect(update.lines == [])
    #expect(update.sources == ["forecaster s", "prometheus s", "prometheus n/s"])
  }

  @Test func `an unknown source makes a file broken`() {
    var subject = Subject()
    _ = subject.update(["a.yaml": source("main"), "b.yaml": livePolicy("p")])
    let update = subject.update([
      "a.yaml": source("main"), "b.yaml": livePolicy("p", source: "mian", leadTime: "2m"),
    ])
    #expect(
      update.lines == [
        "d/b.yaml:7:35: error: spec.signals[0].prometheus.source: "
          + "there is no DataSource mian of type prometheus; did you mean main?"
      ])
    #expect(update.heldFiles == ["d/b.yaml"])
    #expect(update.leadTime("p") == .seconds(60))
  }

  @Test(arguments: [
    (source("live", type: "forecaster"), "; the one of that name is of type forecaster"),
    (source("live", namespace: "n"), " in its namespace or without one; there is one in n"),
    (source("a") + source("b"), "; known are a, b"),
    ("", ""),
  ])
  func `an unknown source is explained`(sources: String, hint: String) {
    var subject = Subject()
    let update = subject.update(["a.yaml": sources, "b.yaml": livePolicy("p", source: "live")])
    #expect(
      update.lines.last == "d/b.yaml:7:35: error: spec.signals[0].prometheus.source: "
        + "there is no DataSource live of type prometheus" + hint)
  }

  @Test func `a file whose source is deleted keeps its last good content and is reported`() {
    var subject = Subject()
    _ = subject.update(["a.yaml": source("main"), "b.yaml": livePolicy("p")])
    let update = subject.update(["b.yaml": livePolicy("p")])
    #expect(update.heldFiles == ["d/b.yaml"])
    #expect(update.policies == ["p"])
    #expect(update.sources == [])
    #expect(update.lines.count == 1)
  }

  @Test func `a file that falls back takes its new sources with it`() {
    var subject = Subject()
    let update = subject.update([
      "a.yaml": source("one") + livePolicy("p", source: "nowhere"),
      "b.yaml": livePolicy("q", source: "one"),
    ])
    #expect(update.policies == [])
    #expect(update.sources == [])
    #expect(update.diagnostics.map(\.file) == ["d/a.yaml", "d/b.yaml"])
  }

  @Test func `sources of flags are there without files, told apart by type`() {
    let forecaster = DataSource(
      name: ResourceName(name: "default"), kind: .forecaster, address: "http://f")
    var subject = Subject(builtIn: [forecaster])
    #expect(subject.store.catalog.dataSources == [forecaster.key: forecaster])
    let update = subject.update(["a.yaml": livePolicy("p", source: "default")])
    #expect(
      update.lines == [
        "d/a.yaml:7:35: error: spec.signals[0].prometheus.source: there is no DataSource default "
          + "of type prometheus; the one of that name is of type forecaster"
      ])
    let prometheus = DataSource(
      name: ResourceName(name: "default"), kind: .prometheus, address: "http://p")
    var both = Subject(builtIn: [forecaster, prometheus])
    #expect(both.update(["a.yaml": livePolicy("p", source: "default")]).lines == [])
    #expect(
      both.update(["a.yaml": source("default")]).lines == [
        "d/a.yaml:4:18: error: the DataSource default of type prometheus is already defined by a "
          + "flag; names are unique"
      ])
  }

  @Test func `the missing default source names the flag`() {
    var subject = Subject()
    #expect(
      subject.update(["a.yaml": livePolicy("p", source: "default")]).lines == [
        "d/a.yaml:7:35: error: spec.signals[0].prometheus.source: there is no DataSource default "
          + "of type prometheus; define it, or start Headstart with --prometheus-url"
      ])
  }

  @Test func `a policy finds a source of its own namespace`() {
    var subject = Subject()
    let update = subject.update([
      "a.yaml": source("main", namespace: "n")
        + livePolicy("p").replacing("{name: p}", with: "{name: p, namespace: n}")
    ])
    #expect(update.lines == [])
    #expect(update.policies == ["n/p"])
  }

  @Test func `directories come in order, and each once`() {
    var store = ManifestStore(defaults: PolicyDefaults(), zones: CCTZDatabase())
    func directory(_ path: String, _ text: String) -> DirectoryContents {
      DirectoryContents(
        path: path,
        listing: .files([
          FileContents(path: "\(path)/a.yaml", content: .bytes(Array(text.utf8)))
        ]))
    }
    let second = directory("z", source("main"))
    let update = store.update([second, directory("y", source("main")), second], now: testNow)
    #expect(
      update.lines == [
        "y/a.yaml:4:18: error: the DataSource main of type prometheus is already defined at "
          + "z/a.yaml:4:18; names are unique"
      ])
    #expect(store.update([second], now: testNow).lines == [])
    #expect(store.update([], now: testNow).sources == [])
  }

  @Test func `warnings do not keep a file from being used`() {
    var subject = Subject()
    let update = subject.update(["a.yaml": source("main").replacing("\"}", with: "\", caFile: /c}")]
    )
    #expect(update.diagnostics.map(\.severity) == [.warning])
    #expect(update.sources == ["prometheus main"])
    #expect(update.heldFiles == [])
  }
}
