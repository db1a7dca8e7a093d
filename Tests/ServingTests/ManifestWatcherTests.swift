internal import CivilTime
internal import EventLoop
internal import Scaling
internal import SidePort
internal import StateDirectory
internal import Telemetry
internal import TestKit
internal import Testing
internal import Time

@testable internal import Serving

/// The watcher on a loop and a directory of its own.
struct ManifestWatcherTests {
  private static func manifest(_ name: String, replicas: Int) -> String {
    """
    apiVersion: headstart.dev/v1alpha1
    kind: ScalingPolicy
    metadata: {name: \(name), namespace: shop}
    spec:
      signals:
        - name: calendar
          schedule: {timeZone: UTC, default: \(replicas), rules: [{start: "08:00", end: "18:00", replicas: 9}]}
    """
  }

  /// Runs a watcher on `folder`, and calls `body` with it on this thread.
  private static func watching(
    _ folder: TemporaryFolder,
    _ body: (ManifestWatcher, _ next: Reply<Catalog>) throws -> Void
  ) throws {
    let loop = try EventLoop(name: "test")
    let next = Reply<Catalog>()
    let watcher = ManifestWatcher(
      loop: loop,
      configuration: ManifestWatcherConfiguration(
        directories: [folder.path], defaults: PolicyDefaults(triggerServers: .none),
        zones: CCTZDatabase(), dataSources: []),
      logger: .disabled, metrics: HeadstartMetrics(version: "test"),
      findings: FindingsBoard()
    ) { next.give($0) }
    let thread = LoopThread(try loop.start())
    defer {
      _ = loop.call { watcher.assumeIsolated { $0.shutDown() } }
      loop.stop()
      thread.join()
    }
    try body(watcher, next)
  }

  @Test func `hands on what has changed since it began`() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write("a.yaml", Self.manifest("api", replicas: 2))
    try Self.watching(folder) { watcher, next in
      let first = try #require(
        try watcher.loop.call { Result { try watcher.assumeIsolated { try $0.start() } } }?.get())
      #expect(first.policies.keys.map(\.description) == ["shop/api"])
      _ = watcher.loop.call { watcher.assumeIsolated { $0.handOn(after: first) } }
      _ = try folder.write("b.yaml", Self.manifest("web", replicas: 3))
      let second = try #require(next.wait(for: .seconds(30)))
      #expect(Set(second.policies.keys.map(\.description)) == ["shop/api", "shop/web"])
    }
  }

  @Test func `a file that is broken at the start is used as another replica last knew it`() throws {
    let folder = try TemporaryFolder()
    let broken = try folder.write("a.yaml", Self.manifest("api", replicas: 2) + "    nonsense: 1\n")
    let good = try folder.write("b.yaml", Self.manifest("web", replicas: 3))
    func told(_ path: String, _ text: String) -> KeptFile {
      KeptFile(directory: folder.path, path: path, isObject: false, content: Array(text.utf8))
    }
    let peers = [
      // No better, of another file, of one that is good here; and then what it was.
      [told(broken, "kind: ScalingPolicy\nspec: ["), told("/elsewhere", "")],
      [told(good, Self.manifest("other", replicas: 9))],
      [told(broken, Self.manifest("api", replicas: 5))],
      [told(broken, Self.manifest("late", replicas: 6))],
    ]
    try Self.watching(folder) { watcher, _ in
      let first = try #require(
        try watcher.loop.call { Result { try watcher.assumeIsolated { try $0.start() } } }?.get())
      #expect(first.policies.keys.map(\.description) == ["shop/web"])
      #expect(first.broken.count == 1)
      _ = watcher.loop.call {
        watcher.assumeIsolated { watcher in
          #expect(watcher.unknown == [broken])
          watcher.adopt(peers)
          #expect(watcher.unknown == [])
          let catalog = watcher.catalog
          #expect(Set(catalog.policies.keys.map(\.description)) == ["shop/api", "shop/web"])
          #expect(catalog.broken == [])
          #expect(catalog.heldBack.count == 1)
        }
      }
    }
  }

  @Test func `a directory that is empty at the start is used as another replica last knew it`()
    throws
  {
    let folder = try TemporaryFolder()
    let text = Self.manifest("api", replicas: 5)
    func told(in directory: String) -> KeptFile {
      KeptFile(
        directory: directory, path: "\(directory)/a.yaml", isObject: false,
        content: Array(text.utf8))
    }
    let (foreign, own, path) = (told(in: "/elsewhere"), told(in: folder.path), folder.path)
    try Self.watching(folder) { watcher, _ in
      _ = try watcher.loop.call { Result { try watcher.assumeIsolated { try $0.start() } } }?.get()
      _ = watcher.loop.call {
        watcher.assumeIsolated { watcher in
          watcher.adopt([[foreign]])
          #expect(watcher.unknown == [path])
          #expect(watcher.catalog.policies.isEmpty)
          watcher.adopt([[own]])
          #expect(watcher.unknown == [])
          #expect(watcher.catalog.policies.keys.map(\.description) == ["shop/api"])
        }
      }
    }
  }

  @Test func `a file that breaks keeps its last good content, and the report counts it`() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write("a.yaml", Self.manifest("api", replicas: 2))
    try Self.watching(folder) { watcher, _ in
      let first = try #require(
        try watcher.loop.call { Result { try watcher.assumeIsolated { try $0.start() } } }?.get())
      _ = try folder.write("a.yaml", "kind: ScalingPolicy\nspec: [")
      let report = try #require(watcher.loop.call { watcher.assumeIsolated { $0.reload() } })
      #expect(report.problems.count == 1)
      #expect(report.policies == 1)
      #expect(
        watcher.loop.call { watcher.assumeIsolated { $0.catalog.policies } } == first.policies)
    }
  }
}
