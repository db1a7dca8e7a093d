internal import HTTPClient
internal import Scaling
internal import TestKit
internal import Testing
internal import Time

@testable internal import StateDirectory

struct OverrideFileTests {
  private static let now = Instant(milliseconds: 1_800_000_000_000)
  private static let bounds: [Override.Bounds] = [
    .atLeast(40), .atMost(0), .between(3, 3), .between(1, 9), .frozen(12),
  ]

  private var overrides: [Override] {
    Self.bounds.enumerated().map { index, bounds in
      Override(
        id: "\(index)", policy: ResourceName(namespace: index == 0 ? nil : "shop", name: "web"),
        bounds: bounds, since: Self.now, until: Self.now.advanced(by: .seconds(3600)),
        reason: "say \"when\"",
        ended: index == 2 ? Self.now.advanced(by: .milliseconds(1)) : nil)
    }
  }

  @Test func `another replica reads what was told`() throws {
    #expect(try OverrideText.overrides(in: OverrideText.text(of: overrides)) == overrides)
  }

  @Test(arguments: [
    "", "[]", "{\"overrides\": 1}", "{\"overrides\": [{}]}",
    """
    {"overrides": [{"id": "a", "name": "web", "atLeast": -1, "since": "2027-01-15T08:00:00Z",
      "until": "2027-01-15T09:00:00Z"}]}
    """,
    """
    {"overrides": [{"id": "a", "name": "web", "atLeast": 9, "atMost": 1,
      "since": "2027-01-15T08:00:00Z", "until": "2027-01-15T09:00:00Z"}]}
    """,
    """
    {"overrides": [{"id": "a", "name": "web", "atLeast": 1, "since": "now",
      "until": "2027-01-15T09:00:00Z"}]}
    """,
  ])
  func `what is no list of overrides is refused`(text: String) {
    #expect(throws: JSONError.self) { try OverrideText.overrides(in: Array(text.utf8)) }
  }

  @Test func `a restart finds what was written, and passes over a damaged line`() throws {
    let folder = try TemporaryFolder()
    let file = OverrideFile(directory: folder.path)
    var problem: String?
    #expect(file.read(problem: &problem).isEmpty)
    try file.write(overrides)
    #expect(OverrideFile(directory: folder.path).read(problem: &problem) == overrides)
    #expect(problem == nil)

    var bytes = try #require(try StateFile.read("\(folder.path)/overrides", limit: 1 << 20))
    bytes[bytes.count - 10] ^= 1
    try StateFile.replace("\(folder.path)/overrides", with: bytes)
    #expect(file.read(problem: &problem) == overrides.dropLast())
    #expect(problem?.contains("1 of 5 lines are damaged") == true)
  }
}
