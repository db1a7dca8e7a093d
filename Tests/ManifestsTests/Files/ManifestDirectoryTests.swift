internal import Foundation
internal import TestKit
internal import Testing

@testable internal import Manifests

extension DirectoryContents {
  /// The file names and the texts in them, or why a file was not read.
  fileprivate var texts: [String: String] {
    guard case .files(let files) = listing else { return [:] }
    return Dictionary(
      uniqueKeysWithValues: files.map { file in
        let name = String(file.path.dropFirst(path.count + 1))
        return switch file.content {
        case .bytes(let bytes): (name, String(decoding: bytes, as: UTF8.self))
        case .unreadable(let reason): (name, "unreadable: \(reason)")
        }
      })
  }
}

struct ManifestDirectoryTests {
  private let temporary: TemporaryFolder
  private let directory: ManifestDirectory

  init() throws {
    temporary = try TemporaryFolder()
    directory = ManifestDirectory(path: temporary.path)
  }

  @Test func `what is not read is told, but for hidden names`() throws {
    for name in ["a.yaml", "b.YAML", "c.yaml.bak", ".d.yaml"] { try temporary.write(name, name) }
    for name in ["e", "f.yaml", ".g", "lost+found"] { try temporary.makeDirectory(name) }
    #expect(
      directory.read().contents.passedOver
        == ["b.YAML", "c.yaml.bak", "e/", "f.yaml/"].map { "\(temporary.path)/\($0)" })
  }

  @Test func `manifests are the yaml, yml and json files, in the order of their names`() throws {
    for name in ["c.json", "a.yaml", "b.yml", "B.yaml", "x.txt", ".d.yaml", "yaml"] {
      try temporary.write(name, name)
    }
    try temporary.makeDirectory("sub")
    try temporary.write("sub/e.yaml", "e")
    try temporary.makeDirectory("f.yaml")
    guard case .files(let files) = directory.read().contents.listing else {
      Issue.record("unreadable")
      return
    }
    #expect(
      files.map(\.path) == ["B.yaml", "a.yaml", "b.yml", "c.json"].map { temporary.path($0) })
    #expect(files.map(\.content).contains(.bytes(Array("c.json".utf8))))
  }

  @Test func `a directory that does not exist says so`() {
    let contents = ManifestDirectory(path: temporary.path("none")).read().contents
    #expect(
      contents.listing == .unreadable("the directory cannot be read: No such file or directory"))
  }

  @Test func `a file that cannot be read says so, beside those that can`() throws {
    try temporary.write("a.yaml", "a")
    try temporary.link("b.yaml", to: "nowhere")
    #expect(mkfifo(temporary.path("c.yaml"), 0o600) == 0)
    try temporary.link("d.yaml", to: "/dev/zero")
    try temporary.makeSparseFile("e.yaml", size: 100 << 20)
    try temporary.makeSparseFile("f.yaml", size: (8 << 20) + 1)
    #expect(
      directory.read().contents.texts == [
        "a.yaml": "a",
        "b.yaml": "unreadable: cannot be opened: No such file or directory",
        "c.yaml": "unreadable: is not a regular file",
        "d.yaml": "unreadable: is not a regular file",
        "e.yaml": "unreadable: the file has 104857600 bytes; the limit is 8388608 (8 MiB)",
        "f.yaml": "unreadable: the file has 8388609 bytes; the limit is 8388608 (8 MiB)",
      ])
  }

  @Test func `a file of exactly the size limit is read`() throws {
    try temporary.makeSparseFile("a.yaml", size: 8 << 20)
    #expect(directory.read().contents.texts["a.yaml"]?.utf8.count == 8 << 20)
  }

  @Test func `the files of a mounted ConfigMap are read through its links`() throws {
    try temporary.makeDirectory("..2026_11_20")
    try temporary.write("..2026_11_20/a.yaml", "one")
    try temporary.pointData(to: "..2026_11_20")
    try temporary.link("a.yaml", to: "..data/a.yaml")
    let (contents, fingerprint) = directory.read()
    #expect(contents.texts == ["a.yaml": "one"])
    #expect(directory.fingerprint() == fingerprint)

    try temporary.makeDirectory("..2026_11_21")
    try temporary.write("..2026_11_21/a.yaml", "two")
    try temporary.pointData(to: "..2026_11_21")
    #expect(directory.fingerprint() != fingerprint)
    #expect(directory.read().contents.texts == ["a.yaml": "two"])
  }

  @Test(arguments: ["write", "replace", "add", "remove", "vanish"])
  func `the fingerprint changes with the files`(change: String) throws {
    try temporary.write("a.yaml", "1")
    let before = directory.read().fingerprint
    #expect(directory.fingerprint() == before)
    switch change {
    case "write": try temporary.write("a.yaml", "12")
    case "replace":
      try temporary.write("b", "2")
      #expect(rename(temporary.path("b"), temporary.path("a.yaml")) == 0)
    case "add": try temporary.write("b.yaml", "1")
    case "remove": try temporary.remove("a.yaml")
    default: try FileManager.default.removeItem(atPath: temporary.path)
    }
    #expect(directory.fingerprint() != before)
  }
}
