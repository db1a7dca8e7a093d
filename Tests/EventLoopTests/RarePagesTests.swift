internal import EventLoop
internal import Foundation
internal import Testing

@Suite struct RarePagesTests {
  /// The resident pages of files, by the kernel's count.
  private static func filePages() throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("RssFile:") })
    return try #require(Int(line.split(whereSeparator: { $0.isWhitespace })[1]))
  }

  /// In a process of its own: other tests touch pages all the time.
  @Test func `pages of files are given back, and a process goes on after it`() async {
    await #expect(processExitsWith: .success) {
      let before = try Self.filePages()
      RarePages.giveBack()
      let after = try Self.filePages()
      #expect(after < before / 2)
      // Relocated pages are still what they were: calls into libraries and through tables work.
      let text = try JSONSerialization.data(withJSONObject: ["numbers": Array(0..<1000)])
      let value = try JSONSerialization.jsonObject(with: text) as? [String: [Int]]
      #expect(value?["numbers"]?.reduce(0, +) == 499_500)
    }
  }

  @Test func `giving back again and again under work does no harm`() async throws {
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        group.addTask {
          for round in 0..<200 {
            let sorted = (0..<100).map { ($0 * 7919 + round) % 1009 }.sorted()
            #expect(sorted == sorted.sorted())
          }
        }
      }
      group.addTask { for _ in 0..<50 { RarePages.giveBack() } }
    }
  }
}
