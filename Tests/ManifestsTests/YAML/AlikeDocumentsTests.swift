internal import Testing

@testable internal import Manifests

struct AlikeDocumentsTests {
  private static let limits = YAMLLimits.defaults

  /// What has been read without libyaml reading all of it; nil where it has to.
  private static func read(
    _ text: String, limits: YAMLLimits = limits
  ) throws -> (tree: YAMLTree, documents: [Int])? {
    AlikeDocuments.read(try SourceText(Array(text.utf8), limits: limits), limits: limits)
  }

  /// The text, line and column of every scalar of the documents.
  private static func scalars(_ tree: YAMLTree, _ documents: [Int]) -> [String] {
    documents.flatMap { $0..<tree.end(of: $0) }
      .filter { tree.nodes[$0].kind == .plain || tree.nodes[$0].kind == .quoted }
      .map { index in
        let text = String(decoding: tree.text(of: index), as: UTF8.self)
        return "\(text) \(tree.nodes[index].position)"
      }
  }

  private static func scalars(_ stream: YAMLStream) -> [String] {
    stream.documents.flatMap { scalars($0.tree, [$0.index]) }
  }

  private static func whole(_ text: String, limits: YAMLLimits = limits) -> YAMLStream {
    YAMLStream(Array(text.utf8), limits: limits, isWhole: true)
  }

  @Test func `a longer name moves what follows on its line`() throws {
    let read = try #require(try Self.read("{a: x, b: 1}\n---\n{a: long-name, b: 22}\n"))
    #expect(read.documents.count == 2)
    #expect(
      Self.scalars(read.tree, read.documents) == [
        "a 1:2", "x 1:5", "b 1:8", "1 1:11", "a 3:2", "long-name 3:5", "b 3:16", "22 3:19",
      ])
  }

  @Test(arguments: [
    // Comments, texts of several words or lines, and blocks differ as well.
    "# team: %\na: 1\n", "a: % and more\n", "a: 1 # %\n", "a: |\n  b: %\nc: %\n", "a: %\n  more\n",
    "a: 'it is: %'\n", "a: \"b: %\"\n", "a: \"%\"\nb: '%'\n", "a: %:%\n", "a: [%, b: %]\n",
    // Keys are no scalars that may be exchanged.
    "{a: 1, %}\n", "? %\n: %\n", "%: 1\n", "a: {%: %}\n", "- - a: %\n  - b: %\n",
    "a: &x %\nb: *x\n", "a: !!str %\n", "a: %\r\nb: 1\r\n", "é: %\n", "a: {é: %, b: %}\n",
    "a: %\u{2028}b: 1\n", "...\na: %\n", "a: {b: %,\n  c: %, d: %}\n",
    "a: -%\n", "a: .%\n", "a: %.\n", "a: %/\n", "a: %-\n", "a: '%\n", "a: {b: %\n", "[]\n", "~\n",
    "",
  ])
  func `documents are what libyaml finds in the whole text`(pattern: String) throws {
    for words in [
      ["x", "y", "z"], ["a", "longer-name", "7"], ["null", "1e3", "~"], ["a", "a", "b"],
    ] {
      let text = words.map { pattern.replacing("%", with: $0) }.joined(separator: "---\n")
      let alike = YAMLStream(Array(text.utf8))
      let whole = Self.whole(text)
      #expect(alike.problem == whole.problem)
      guard whole.problem == nil else { continue }
      #expect(alike.documents.count == whole.documents.count)
      #expect(Self.scalars(alike) == Self.scalars(whole))
    }
  }

  @Test func `an error is told as of the whole text`() throws {
    let good = "a: {b: 1}\n---\n"
    let text = String(repeating: good, count: 100) + "a: {b: [}\n---\n" + good
    #expect(try Self.read(text) == nil)
    #expect(YAMLStream(Array(text.utf8)).problem == Self.whole(text).problem)
    #expect(Self.whole(text).problem?.position == SourcePosition(line: 201, column: 9))
  }

  @Test func `the limit of values counts those of all documents`() throws {
    let document = "a: {b: 1}\n---\n"
    // Two keys, a mapping and a scalar.
    let limits = YAMLLimits(nodes: 40)
    #expect(try Self.read(String(repeating: document, count: 10), limits: limits) != nil)
    let text = String(repeating: document, count: 11)
    #expect(try Self.read(text, limits: limits) == nil)
    let problem = YAMLStream(Array(text.utf8), limits: limits).problem
    #expect(problem?.message == "the file holds more than 40 values, counting each use of an alias")
    #expect(problem?.position == SourcePosition(line: 21, column: 1))
  }

  @Test func `a single document, and documents that are not alike, are left to libyaml`() throws {
    #expect(try Self.read("a: 1\n") == nil)
    #expect(try Self.read("a: 1\n---\nb: 1\n") != nil)
    #expect(try Self.read("%YAML 1.1\n---\na: 1\n---\na: 2\n") == nil)
    let unlike = (0..<100).map { "key\($0): 1\n" }.joined(separator: "---\n")
    #expect(try Self.read(unlike) == nil)
  }

  @Test func `many templates take turns`() throws {
    let documents = (0..<1000).map { "key\($0 % 12 / 3 * 3): name-\($0)\nb: \($0)\n" }
    let text = documents.joined(separator: "---\n")
    let read = try #require(try Self.read(text))
    #expect(Self.scalars(read.tree, read.documents) == Self.scalars(Self.whole(text)))
  }
}
