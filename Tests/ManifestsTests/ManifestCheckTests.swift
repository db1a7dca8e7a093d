internal import Foundation
internal import Scaling
internal import TestKit
internal import Testing

@testable internal import Manifests

struct ManifestCheckTests {
  private let temporary: TemporaryFolder
  private let good = policy("signals: [{forecast: {}}, {prometheus: {query: up, threshold: 1}}]")

  init() throws {
    temporary = try TemporaryFolder()
  }

  @Test func `good files have a summary and no diagnostics`() throws {
    try temporary.write("a.yaml", good)
    let found = check([temporary.path("a.yaml")])
    #expect(found.diagnostics == [])
    #expect(!found.hasErrors)
    #expect(found.summary == "1 file: 1 policy, 0 data sources; 0 errors, 0 warnings")
  }

  @Test(arguments: [
    ("signals: [{forecast: {}}, {prometheus: {query: up, threshold: 1}}]", ["hold", "required"]),
    (
      "hold: forever\nsignals: [{forecast: {}}, {prometheus: {query: up, threshold: 1}}]",
      ["required"]
    ),
    ("signals: [{forecast: {}, hold: 5m}]", []),
    ("signals: [{forecast: {}}]", ["hold"]),
    ("whenUnavailable: inactive\nsignals: [{forecast: {}}]", []),
    (
      "signals: [{forecast: {}, hold: 5m, required: false}, {schedule: {timeZone: UTC, rules: []}}]",
      []
    ),
    ("signals: [{schedule: {timeZone: UTC, rules: []}}]", []),
  ])
  func `what relies on a default that was another one is told`(spec: String, fields: [String])
    throws
  {
    try temporary.write("a.yaml", policy(spec))
    let found = check([temporary.path("a.yaml")])
    #expect(found.notes.count == fields.count)
    for (note, field) in zip(found.notes, fields) {
      #expect(note.hasPrefix("note: these policies leave out \(field): "))
      #expect(note.hasSuffix(": x"))
    }
  }

  @Test func `a file of any name is read, and a directory with all its manifests`() throws {
    try temporary.write("manifest", dataSource("type: forecaster\naddress: http://x\ncaFile: /c"))
    try temporary.makeDirectory("d")
    try temporary.write("d/a.yaml", good)
    try temporary.write("d/b.yaml", "x")
    let found = check([temporary.path("manifest"), temporary.path("d")])
    #expect(
      found.diagnostics.map(\.description) == [
        "\(temporary.path("manifest")):7:11: warning: spec.caFile: has no effect: "
          + "the address is not https",
        "\(temporary.path("d/b.yaml")):1:1: error: expected a manifest, which is a mapping with "
          + "apiVersion, kind and metadata, found the text \"x\"",
      ])
    #expect(found.hasErrors)
    #expect(found.summary == "3 files: 1 policy, 1 data source; 1 error, 1 warning")
  }

  @Test func `a file that is named twice counts once`() throws {
    try temporary.makeDirectory("d")
    try temporary.write("d/a.yaml", good)
    try temporary.link("b.yaml", to: "d/a.yaml")
    let found = check([temporary.path("d/a.yaml"), temporary.path("d"), temporary.path("b.yaml")])
    #expect(found.summary == "1 file: 1 policy, 0 data sources; 0 errors, 0 warnings")
  }

  @Test func `a file that does not exist is an error`() {
    let found = check([temporary.path("none.yaml")])
    #expect(
      found.diagnostics.map(\.description) == [
        "\(temporary.path("none.yaml")): error: cannot be opened: No such file or directory"
      ])
    #expect(found.hasErrors)
  }

  @Test func `a file of 100 MB is refused unread`() throws {
    try temporary.makeSparseFile("a.yaml", size: 100_000_000)
    #expect(
      check([temporary.path("a.yaml")]).diagnostics.map(\.description) == [
        "\(temporary.path("a.yaml")): error: the file has 100000000 bytes; "
          + "the limit is 8388608 (8 MiB)"
      ])
  }

  @Test func `only the sources that flags define are assumed`() throws {
    try temporary.write("a.yaml", policy("signals: [{forecast: {source: other}}]"))
    #expect(
      check([temporary.path("a.yaml")]).diagnostics.map(\.message) == [
        "spec.signals[0].forecast.source: there is no DataSource other of type forecaster, nor any "
          + "other; define it with kind: DataSource"
      ])
  }

  @Test func `the examples in the repository have neither errors nor warnings`() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    for directory in ["quickstart", "policies"] {
      let found = check([root.appending(path: "deploy/examples/\(directory)").path()])
      #expect(found.diagnostics == [])
      #expect(found.policyCount > 0)
    }
  }
}
