internal import Scaling
internal import Testing

@testable internal import Manifests

/// Names that are given twice, and the sources that policies name.
struct StoreNameTests {
  @Test func `of two objects with one name the first file keeps it`() {
    var subject = StoreSubject()
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
    var subject = StoreSubject()
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

  private static let broken = livePolicy("p", leadTime: "soon")
  private static let other = livePolicy("q") + livePolicy("p", leadTime: "9m")

  @Test func `a file does not take the place of a broken one before it`() {
    var subject = StoreSubject()
    let sources = source("main")
    let update = subject.update(["a.yaml": Self.broken, "b.yaml": Self.other, "s.yaml": sources])
    #expect(update.policies == [])
    #expect(
      update.lines.last
        == "d/b.yaml:11:18: error: the ScalingPolicy p is already defined at d/a.yaml:4:18, in a"
        + " file that has an error; names are unique")
    #expect(update.catalog.broken.count == 2 && update.catalog.broken[0].hasPrefix("d/a.yaml:6:"))
    // As it is beside the good one, and not when that defines another name.
    let good = livePolicy("p")
    #expect(
      subject.update(["a.yaml": good, "b.yaml": Self.other, "s.yaml": sources]).leadTime("p")
        == .seconds(60))
    #expect(
      subject.update(["a.yaml": livePolicy("r"), "b.yaml": Self.other, "s.yaml": sources]).policies
        == ["p", "q", "r"])
  }

  @Test func `a broken file takes no name from what is in force, or comes before it`() {
    var subject = StoreSubject()
    _ = subject.update(["b.yaml": source("main") + Self.other])
    let later = subject.update(["a.yaml": Self.broken, "b.yaml": source("main") + Self.other])
    #expect(later.leadTime("p") == .seconds(540) && later.heldFiles == ["d/b.yaml"])
    // Of two files the first counts, so that the second says nothing.
    var second = StoreSubject()
    let update = second.update([
      "a.yaml": source("main") + Self.other, "b.yaml": Self.broken,
    ])
    #expect(update.policies == ["p", "q"] && update.lines.count == 1)
  }

  @Test func `a name twice in one file is an error of that file`() {
    var subject = StoreSubject()
    let update = subject.update(["a.yaml": source("s") + source("s")])
    #expect(
      update.lines == [
        "d/a.yaml:9:18: error: the DataSource s of type prometheus is already defined at "
          + "d/a.yaml:4:18; names are unique"
      ])
    #expect(update.sources == [])
  }

  @Test func `names are apart by kind, type and namespace`() {
    var subject = StoreSubject()
    let update = subject.update([
      "a.yaml": source("s") + source("s", type: "forecaster") + source("s", namespace: "n")
        + livePolicy("s", source: "s")
    ])
    #expect(update.lines == [])
    #expect(update.sources == ["forecaster s", "prometheus s", "prometheus n/s"])
  }

  @Test func `an unknown source makes a file broken`() {
    var subject = StoreSubject()
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
    ("", ", nor any other; define it with kind: DataSource"),
  ])
  func `an unknown source is explained`(sources: String, hint: String) {
    var subject = StoreSubject()
    let update = subject.update(["a.yaml": sources, "b.yaml": livePolicy("p", source: "live")])
    #expect(
      update.lines.last == "d/b.yaml:7:35: error: spec.signals[0].prometheus.source: "
        + "there is no DataSource live of type prometheus" + hint)
  }

  @Test func `a file whose source is deleted keeps its last good content and is reported`() {
    var subject = StoreSubject()
    _ = subject.update(["a.yaml": source("main"), "b.yaml": livePolicy("p")])
    let update = subject.update(["b.yaml": livePolicy("p")])
    #expect(update.heldFiles == ["d/b.yaml"])
    #expect(update.policies == ["p"])
    #expect(update.sources == [])
    #expect(update.lines.count == 1)
  }

  @Test func `a file that falls back takes its new sources with it`() {
    var subject = StoreSubject()
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
    var subject = StoreSubject(builtIn: [forecaster])
    #expect(subject.store.catalog.dataSources == [forecaster.key: forecaster])
    let update = subject.update(["a.yaml": livePolicy("p", source: "default")])
    #expect(
      update.lines == [
        "d/a.yaml:7:35: error: spec.signals[0].prometheus.source: there is no DataSource default "
          + "of type prometheus; the one of that name is of type forecaster"
      ])
    let prometheus = DataSource(
      name: ResourceName(name: "default"), kind: .prometheus, address: "http://p")
    var both = StoreSubject(builtIn: [forecaster, prometheus])
    #expect(both.update(["a.yaml": livePolicy("p", source: "default")]).lines == [])
    #expect(
      both.update(["a.yaml": source("default")]).lines == [
        "d/a.yaml:4:18: error: the DataSource default of type prometheus is already defined by a "
          + "flag; names are unique"
      ])
  }

  @Test func `the missing default source names the flag`() {
    var subject = StoreSubject()
    #expect(
      subject.update(["a.yaml": livePolicy("p", source: "default")]).lines == [
        "d/a.yaml:7:35: error: spec.signals[0].prometheus.source: there is no DataSource default "
          + "of type prometheus; define it, or start Headstart with --prometheus-url"
      ])
  }

  @Test func `a policy finds a source of its own namespace`() {
    var subject = StoreSubject()
    let update = subject.update([
      "a.yaml": source("main", namespace: "n")
        + livePolicy("p").replacing("{name: p}", with: "{name: p, namespace: n}")
    ])
    #expect(update.lines == [])
    #expect(update.policies == ["n/p"])
  }
}
