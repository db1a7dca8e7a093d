internal import CivilTime
internal import Scaling
internal import Testing

@testable internal import Manifests

/// What becomes of files and directories that come, change, break and go.
struct ManifestStoreTests {
  @Test func `each change that is used is told once, and each file that is gone`() {
    var subject = StoreSubject(builtIn: [])
    let main = source("main")
    var update = subject.update(["a.yaml": livePolicy("a"), "s.yaml": main])
    #expect(update.accepted == ["d/a.yaml", "d/s.yaml"])
    update = subject.update(["a.yaml": livePolicy("a"), "s.yaml": main])
    #expect(update.accepted.isEmpty && update.gone.isEmpty)
    update = subject.update(["a.yaml": "kind: [", "s.yaml": main])
    #expect(update.accepted.isEmpty && update.gone.isEmpty)
    update = subject.update(["a.yaml": livePolicy("a"), "s.yaml": main])
    #expect(update.accepted.isEmpty)
    update = subject.update(["a.yaml": livePolicy("a", leadTime: "2m"), "s.yaml": main])
    #expect(update.accepted == ["d/a.yaml"])
    update = subject.update(["s.yaml": main])
    #expect(update.gone == ["d/a.yaml"])
    update = subject.update(.unreadable("gone"))
    #expect(update.gone.isEmpty)
    update = subject.store.update([], now: testNow)
    #expect(update.gone == ["d/s.yaml"])
  }

  @Test func `a policy that is not found may be in a file that is held back, which is named`() {
    var subject = StoreSubject(builtIn: [])
    let main = source("main")
    var update = subject.update(["a.yaml": livePolicy("a"), "s.yaml": main])
    #expect(update.catalog.heldBack.isEmpty)
    update = subject.update(["a.yaml": livePolicy("a") + "---\nkind: [", "s.yaml": main])
    #expect(update.catalog.heldBack.count == 1)
    #expect(update.catalog.heldBack[0].hasPrefix("d/a.yaml:"))
    #expect(update.catalog.broken.isEmpty)
  }

  @Test func `a policy may name a source of any file`() {
    var subject = StoreSubject()
    let update = subject.update(["a.yaml": livePolicy("p"), "b.yaml": source("main")])
    #expect(update.lines == [])
    #expect(update.policies == ["p"])
    #expect(update.sources == ["prometheus main"])
    #expect(update.hasChanged)
    #expect(subject.store.catalog == update.catalog)
  }

  @Test func `policies made from one template share their signals`() throws {
    var subject = StoreSubject()
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
    var subject = StoreSubject()
    _ = subject.update(["a.yaml": source("main") + livePolicy("p")])
    #expect(!subject.update(["a.yaml": source("main") + livePolicy("p")]).hasChanged)
    #expect(subject.update(["a.yaml": source("main") + livePolicy("p", leadTime: "2m")]).hasChanged)
  }

  @Test func `a broken file keeps its last good content and is reported`() {
    var subject = StoreSubject()
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
    var subject = StoreSubject()
    let update = subject.update(["a.yaml": source("main"), "b.yaml": livePolicy("p") + "x: ["])
    #expect(update.policies == [])
    #expect(update.heldFiles == [])
    #expect(update.lines.count == 1)
  }

  @Test func `a file that cannot be read any more keeps its last good content`() {
    var subject = StoreSubject()
    _ = subject.update(["a.yaml": source("main")])
    let update = subject.update(
      .files([FileContents(path: "d/a.yaml", content: .unreadable("is gone bad"))]))
    #expect(update.lines == ["d/a.yaml: error: is gone bad"])
    #expect(update.heldFiles == ["d/a.yaml"])
    #expect(update.sources == ["prometheus main"])
  }

  @Test func `a file that is emptied keeps its last good content until it is deleted`() {
    var subject = StoreSubject()
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

  @Test func `a file that is empty from the start is broken until something is written`() {
    var subject = StoreSubject()
    for _ in 1...2 {
      let update = subject.update(["a.yaml": source("main"), "b.yaml": ""])
      #expect(update.lines.count == 1)
      #expect(update.lines[0].hasPrefix("d/b.yaml: error: expected manifests, found an empty file"))
      #expect(update.unknown == ["d/b.yaml"])
      #expect(update.catalog.broken == update.lines)
      #expect(update.catalog.emptyFiles == 1)
      #expect(update.sources == ["prometheus main"])
    }
    let broken = subject.update(["a.yaml": source("main"), "b.yaml": "kind: ["])
    #expect(broken.catalog.broken.count == 1)
    #expect(broken.catalog.emptyFiles == 0)
    let written = subject.update(["a.yaml": source("main"), "b.yaml": livePolicy("p")])
    #expect(written.lines == [])
    #expect(written.catalog.broken == [])
    #expect(written.unknown == [])
    let emptied = subject.update(["a.yaml": source("main"), "b.yaml": ""])
    #expect(emptied.catalog.broken == [])
    #expect(emptied.catalog.emptyFiles == 0)
    #expect(emptied.policies == ["p"])
  }

  @Test func `a file that has nothing but a comment from the start is good`() {
    var subject = StoreSubject()
    let update = subject.update(["a.yaml": "# nothing yet\n"])
    #expect(update.catalog.broken == [])
    #expect(update.unknown == [])
    #expect(subject.update(["a.yaml": ""]).catalog.broken == [])
  }

  @Test func `a file whose manifests are commented out has none`() {
    var subject = StoreSubject()
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
    var subject = StoreSubject()
    _ = subject.update(["a.yaml": source("main"), "b.yaml": livePolicy("p")])
    let update = subject.update(["a.yaml": source("main")])
    #expect(update.lines == [])
    #expect(update.policies == [])
    #expect(update.hasChanged)
  }

  @Test func `a directory that vanishes keeps everything`() {
    var subject = StoreSubject()
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
    var subject = StoreSubject()
    #expect(subject.update(.unreadable("gone")).lines == ["d: error: gone"])
    #expect(
      subject.update([:]).lines == [
        "d: warning: there is no manifest in this directory; "
          + "expected files named *.yaml, *.yml or *.json"
      ])
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
    var subject = StoreSubject()
    let update = subject.update(["a.yaml": source("main").replacing("\"}", with: "\", caFile: /c}")]
    )
    #expect(update.diagnostics.map(\.severity) == [.warning])
    #expect(update.sources == ["prometheus main"])
    #expect(update.heldFiles == [])
  }
}
