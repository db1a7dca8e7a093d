internal import Testing

@testable internal import Manifests

struct SuggestionTests {
  @Test(
    arguments: [
      ("replica", "replicas"), ("Replicas", "replicas"), ("repilcas", "replicas"),
      ("timezone", "timeZone"), ("max", nil), ("x", nil), ("", nil), ("atmost", "atMost"),
      (String(repeating: "a", count: 65), nil),
    ] as [(String, String?)])
  func `the nearest word is suggested if it is near`(word: String, expected: String?) {
    let known = ["replicas", "atMost", "timeZone", "name"]
    #expect(Suggestion.nearest(to: word, among: known) == expected)
  }

  @Test(arguments: [
    ("", "", 0), ("", "ab", 2), ("ab", "ab", 0), ("ab", "ba", 1), ("abc", "ac", 1),
    ("abc", "axc", 1), ("kitten", "sitting", 3), ("ca", "abc", 3),
  ])
  func `the distance counts single mistakes`(left: String, right: String, expected: Int) {
    #expect(Suggestion.distance(Array(left.utf8), Array(right.utf8)) == expected)
    #expect(Suggestion.distance(Array(right.utf8), Array(left.utf8)) == expected)
  }
}
