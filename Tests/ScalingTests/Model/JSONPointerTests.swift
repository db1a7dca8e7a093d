internal import Scaling
internal import Testing

struct JSONPointerTests {
  @Test(arguments: [
    ("", []), ("/", [""]), ("/a", ["a"]), ("/a/0/b", ["a", "0", "b"]),
    ("/a~1b/c~0d", ["a/b", "c~d"]), ("/~01", ["~1"]), ("/a//b", ["a", "", "b"]),
  ])
  func `a pointer is taken apart as RFC 6901 says`(text: String, steps: [String]) throws {
    let pointer = try JSONPointer(text)
    #expect(pointer.steps == steps)
    #expect(steps.isEmpty || pointer.shown(steps.count) == text)
  }

  @Test(arguments: [("a", JSONPointer.Problem.noSlash), ("/a~", .escape), ("/a~2b", .escape)])
  func `what is no pointer is refused`(text: String, problem: JSONPointer.Problem) {
    #expect(throws: problem) { try JSONPointer(text) }
  }
}
