internal import Testing

@testable internal import Manifests

/// A tree without positions, for comparing.
private indirect enum Tree: Equatable {
  case plain(String)
  case quoted(String)
  case list([Tree])
  case map([(String, Tree)])

  init(_ node: YAMLNode) {
    self =
      switch node.content {
      case .scalar(let scalar): scalar.isPlain ? .plain(scalar.text) : .quoted(scalar.text)
      case .sequence(let items): .list(items.map { Tree($0) })
      case .mapping(let entries): .map(entries.map { ($0.key, Tree($0.value)) })
      }
  }

  static func == (left: Tree, right: Tree) -> Bool {
    switch (left, right) {
    case (.plain(let left), .plain(let right)), (.quoted(let left), .quoted(let right)):
      left == right
    case (.list(let left), .list(let right)): left == right
    case (.map(let left), .map(let right)): left.elementsEqual(right) { $0 == $1 }
    default: false
    }
  }
}

private func read(_ text: String, limits: YAMLLimits = .defaults) -> YAMLStream {
  YAMLStream(Array(text.utf8), limits: limits)
}

private func trees(_ text: String) -> [Tree] {
  let stream = read(text)
  #expect(stream.problem == nil)
  return stream.documents.map { Tree($0) }
}

private func problem(_ text: String, limits: YAMLLimits = .defaults) -> String? {
  problem(Array(text.utf8), limits: limits)
}

private func problem(_ bytes: [UInt8], limits: YAMLLimits = .defaults) -> String? {
  YAMLStream(bytes, limits: limits).problem.map { "\($0.position): \($0.message)" }
}

struct YAMLStreamTests {
  @Test func `mappings keep the order of their keys, and scalars their style`() {
    #expect(
      trees("b: 1\na: [x, 'y', \"z\"]\nc: |\n  text\n") == [
        .map([
          ("b", .plain("1")), ("a", .list([.plain("x"), .quoted("y"), .quoted("z")])),
          ("c", .quoted("text\n")),
        ])
      ])
  }

  @Test func `every value and key knows its line and column`() throws {
    let root = try #require(read("# one\na:\n  - é: x\n    b: {c: 1}\n").documents.first)
    guard case .mapping(let entries) = root.content,
      case .sequence(let items) = entries[0].value.content,
      case .mapping(let inner) = items[0].content, case .mapping(let last) = inner[1].value.content
    else {
      Issue.record("not the tree that was written")
      return
    }
    #expect(root.position == SourcePosition(line: 2, column: 1))
    #expect(items[0].position == SourcePosition(line: 3, column: 5))
    #expect(inner[0].value.position == SourcePosition(line: 3, column: 8))
    #expect(inner[1].keyPosition == SourcePosition(line: 4, column: 5))
    #expect(last[0].value.position == SourcePosition(line: 4, column: 12))
  }

  @Test func `a stream holds several documents, of which empty ones do not count`() {
    #expect(trees("a\n---\n---\nb\n...\n# c\n---\n~\n") == [.plain("a"), .plain("b")])
    #expect(trees("") == [])
    #expect(trees("# nothing\n") == [])
  }

  @Test func `the documents before an error are kept`() {
    let stream = read("a: 1\n---\nb: [\n")
    #expect(stream.documents.map { Tree($0) } == [.map([("a", .plain("1"))])])
    #expect(stream.problem?.position == SourcePosition(line: 4, column: 1))
  }

  @Test func `an alias repeats the value behind its anchor`() {
    #expect(
      trees("a: &x [1]\nb: *x\n") == [
        .map([("a", .list([.plain("1")])), ("b", .list([.plain("1")]))])
      ])
  }

  @Test func `anchors end with their document`() {
    #expect(
      problem("a: &x 1\n---\nb: *x\n")
        == "3:4: the alias *x has no anchor &x before it in this document")
  }

  @Test func `an alias inside its own anchor is an error`() {
    #expect(
      problem("a: &x [*x]\n") == "1:8: the alias *x stands inside the value that it repeats")
  }

  @Test func `merged keys yield to the mapping's own and to earlier merges`() {
    #expect(
      trees("- &a {x: 1, y: 1}\n- &b {y: 2, z: 2}\n- {<<: [*a, *b], x: 3}\n").first
        == .list([
          .map([("x", .plain("1")), ("y", .plain("1"))]),
          .map([("y", .plain("2")), ("z", .plain("2"))]),
          .map([("x", .plain("3")), ("y", .plain("1")), ("z", .plain("2"))]),
        ]))
    #expect(trees("\"<<\": 1\n") == [.map([("<<", .plain("1"))])])
    #expect(problem("<<: 1\n") == "1:5: the merge key << takes a mapping or a list of mappings")
  }

  @Test func `tags of the core schema are obeyed`() {
    #expect(
      trees("[!!str 1, !!int \"2\", ! 3, !!seq [], !!map {}]") == [
        .list([.quoted("1"), .plain("2"), .quoted("3"), .list([]), .map([])])
      ])
  }

  @Test(arguments: [
    ("a: !foo 1", "1:4: the tag !foo is not supported here; leave it out"),
    ("a: !!binary aGk=", "1:4: the tag !!binary is not supported here; leave it out"),
    ("!!map [1]", "1:1: the tag !!map is not supported here; leave it out"),
    ("!!seq {}", "1:1: the tag !!seq is not supported here; leave it out"),
    ("? [a]\n: b", "1:3: a key must be text, not a list or a mapping"),
    ("a: 1\nb: 2\na: 3\n", "3:1: the key \"a\" is given twice, first at line 1"),
    ("{\"a\": 1, a: 2}", "1:10: the key \"a\" is given twice, first at line 1"),
  ])
  func `what manifests have no use for is refused`(text: String, expected: String) {
    #expect(problem(text) == expected)
  }

  @Test(arguments: [
    (
      "a: b: c",
      "1:5: malformed YAML: mapping values are not allowed in this context; "
        + "check the indentation, and quote text that holds a colon followed by a space"
    ),
    (
      "a:\n\t- b",
      "2:1: malformed YAML: found a tab where the indentation is expected; indent with spaces"
    ),
    (
      "a: @x",
      "1:4: malformed YAML: found character that cannot start any token; "
        + "quote text that starts with this character"
    ),
    (
      "a: 'x",
      "1:6: malformed YAML: found unexpected end of stream while scanning a quoted scalar "
        + "that starts at line 1, column 4; close the quote"
    ),
    (
      "a: [1, 2",
      "1:9: malformed YAML: did not find expected ',' or ']' while parsing a flow sequence "
        + "that starts at line 1, column 4; close it, or quote text that holds a brace, a bracket or a "
        + "comma"
    ),
    (
      "a: \"\\q\"",
      "1:5: malformed YAML: found unknown escape character while parsing a quoted scalar that "
        + "starts at line 1, column 4; double the backslash, or use single quotes, "
        + "where a backslash is a plain character"
    ),
    (
      "- a\nb: 1",
      "2:1: malformed YAML: did not find expected '-' indicator while parsing a block collection "
        + "that starts at line 1, column 1; check the indentation"
    ),
    (
      "%YAML 3.0\n---\na: 1",
      "1:1: malformed YAML: found incompatible YAML document"
    ),
    (
      "a\u{7}b",
      "1:2: malformed YAML: found the control character U+0007; "
        + "remove it, or write it as an escape in double quotes"
    ),
    (
      "a: é\u{0}",
      "1:5: malformed YAML: found the control character U+0000; "
        + "remove it, or write it as an escape in double quotes"
    ),
    (
      "a: \u{80}",
      "1:4: malformed YAML: found the control character U+0080; "
        + "remove it, or write it as an escape in double quotes"
    ),
  ])
  func `a syntax error says where it is and what to do`(text: String, expected: String) {
    #expect(problem(text) == expected)
  }
}

struct YAMLEncodingTests {
  @Test func `a byte order mark is passed over`() {
    let stream = YAMLStream([0xEF, 0xBB, 0xBF] + Array("a: 1".utf8))
    #expect(stream.problem == nil)
    #expect(stream.documents.first?.position == .start)
  }

  @Test(
    arguments: [
      [0xFF], [0xC3], [0xC3, 0x28], [0xE2, 0x82], [0xED, 0xA0, 0x80], [0xC0, 0x80],
      [0xF4, 0x90, 0x80, 0x80], [0x80],
    ] as [[UInt8]])
  func `bytes that are not UTF-8 are an error at their place`(bytes: [UInt8]) {
    #expect(
      problem(Array("a: ü\nb: x".utf8) + bytes)
        == "2:5: the file is not valid UTF-8 here; save it as UTF-8")
  }

  @Test(arguments: [[0xFF, 0xFE, 0x61, 0x00], [0xFE, 0xFF, 0x00, 0x61]] as [[UInt8]])
  func `UTF-16 is named`(bytes: [UInt8]) {
    #expect(problem(bytes) == "1:1: the file is UTF-16; save it as UTF-8")
  }

  @Test func `JSON's escapes mean what they mean in JSON`() {
    #expect(
      trees(#"{"a": "\/\u00e9\ud83d\ude00\n", "b": "\\ud83d\\ude00"}"#) == [
        .map([("a", .quoted("/é😀\n")), ("b", .quoted("\\ud83d\\ude00"))])
      ])
  }

  @Test func `surrogate pairs do not shift the positions behind them`() throws {
    let stream = read("{\"a\": \"\\ud83d\\ude00\\ud83d\\ude00\", \"b\": 1,\n\"c\": 2}")
    guard case .mapping(let entries) = try #require(stream.documents.first).content else {
      Issue.record("not a mapping")
      return
    }
    #expect(entries[1].keyPosition == SourcePosition(line: 1, column: 35))
    #expect(entries[2].keyPosition == SourcePosition(line: 2, column: 1))
    #expect(problem("[\"\\ud83d\\ude00\", @]")?.hasPrefix("1:18: ") == true)
  }

  @Test(arguments: [#"["\ud83d"]"#, #"["\ude00\ud83d"]"#, #"["\ud83d\u0041"]"#])
  func `half a surrogate pair is an error`(text: String) {
    #expect(problem(text)?.contains("found invalid Unicode character escape code") == true)
  }
}

struct YAMLLimitTests {
  private func nested(_ depth: Int) -> String {
    String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
  }

  @Test func `values nest as deep as the limit and no deeper`() {
    #expect(problem(nested(64)) == nil)
    #expect(problem(nested(65)) == "1:65: values are nested more than 64 deep")
    #expect(problem(nested(1_000_000)) == "1:65: values are nested more than 64 deep")
    #expect(
      problem(String(repeating: "- ", count: 65)) == "1:129: values are nested more than 64 deep")
  }

  @Test func `aliases count towards the depth`() {
    let limits = YAMLLimits(depth: 3)
    #expect(problem("- &a [x]\n- [*a]\n", limits: limits) == nil)
    #expect(
      problem("- &a [[x]]\n- [*a]\n", limits: limits)
        == "2:4: values are nested more than 3 deep")
  }

  @Test func `values are counted up to the limit, keys included`() {
    let limits = YAMLLimits(nodes: 5)
    #expect(problem("a: [1, 2]\nb", limits: limits) != nil)
    #expect(problem("[1, 2, 3, 4]", limits: limits) == nil)
    #expect(
      problem("[1, 2, 3, 4, 5, 6]", limits: limits)
        == "1:17: the file holds more than 5 values, counting each use of an alias")
  }

  @Test func `an alias bomb goes off at the limit`() {
    var bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in 1...30 {
      let aliases = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
      bomb += "a\(level): &a\(level) [\(aliases)]\n"
    }
    #expect(
      problem(bomb)
        == "6:45: the file holds more than 1000000 values, counting each use of an alias")
  }

  @Test func `a bomb of merge keys goes off at the limit`() {
    var bomb = "- &a0 {k0: x}\n"
    for level in 1...63 {
      bomb += "- &a\(level) {<<: [*a\(level - 1), *a\(level - 1)], k\(level): x}\n"
    }
    #expect(problem(bomb)?.contains("the file holds more than 1000000 values") == true)
  }

  @Test func `a file may be as large as the limit and no larger`() {
    let limits = YAMLLimits(fileSize: 16)
    #expect(problem("a: 1 # 123456789", limits: limits) == nil)
    #expect(
      problem("a: 1 # 1234567890", limits: limits)
        == "1:1: the file has 17 bytes; the limit is 16 (0 MiB)")
  }
}

extension YAMLItems {
  fileprivate subscript(index: Int) -> YAMLNode { Array(self)[index] }
}

extension YAMLEntries {
  fileprivate subscript(index: Int) -> YAMLEntry { Array(self)[index] }
}
