import Foundation
internal import TestKit
import Testing
import Time

struct RFC3339MillisecondsTests {
  @Test func `agrees with Foundation on random times`() {
    let formatter = ISO8601DateFormatter()
    formatter.formatOptions = [.withInternetDateTime]
    var random = SeededGenerator(seed: 11)
    // Foundation switches to the Julian calendar in 1582.
    let seconds = Int64(-12_000_000_000)...Int64(253_402_300_799)
    for _ in 0..<2000 {
      let second = Int64.random(in: seconds, using: &random)
      let expected = formatter.string(from: Date(timeIntervalSince1970: Double(second)))
      #expect(
        Instant(milliseconds: second * 1000 + 7).rfc3339Milliseconds
          == expected.replacingOccurrences(of: "Z", with: ".007Z"))
    }
  }

  @Test(arguments: [
    (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
    (951_782_400_000, "2000-02-29T00:00:00.000Z"), (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
    (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
    (253_402_300_800_000, "9999-12-31T23:59:59.999Z"), (Int64.max, "9999-12-31T23:59:59.999Z"),
    (-62_135_596_800_000, "0001-01-01T00:00:00.000Z"),
    (-62_135_596_800_001, "0001-01-01T00:00:00.000Z"), (Int64.min, "0001-01-01T00:00:00.000Z"),
  ])
  func `writes the edges`(milliseconds: Int64, expected: String) {
    #expect(Instant(milliseconds: milliseconds).rfc3339Milliseconds == expected)
  }
}
