internal import TestKit
internal import Testing
internal import Time

struct InstantTests {
  @Test(
    "RFC 3339 timestamps are read",
    arguments: [
      ("1970-01-01T00:00:00Z", 0), ("1970-01-01T00:00:00.001Z", 1),
      ("1969-12-31T23:59:59.999Z", -1), ("2026-11-20T22:42:18Z", 1_795_214_538_000),
      ("2026-11-20t22:42:18z", 1_795_214_538_000), ("2026-11-20T22:42:18.1Z", 1_795_214_538_100),
      ("2026-11-20T22:42:18.123456789Z", 1_795_214_538_123),
      ("2026-11-20T22:42:18.9999Z", 1_795_214_538_999),
      ("2026-11-20T23:42:18+01:00", 1_795_214_538_000),
      ("2026-11-20T19:12:18-03:30", 1_795_214_538_000),
      ("2026-11-20T22:42:18-00:00", 1_795_214_538_000),
      ("2000-02-29T12:00:00Z", 951_825_600_000), ("0001-01-01T00:00:00Z", -62_135_596_800_000),
      ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
      ("2016-12-31T23:59:60Z", 1_483_228_799_999), ("2016-12-31T23:59:60.5Z", 1_483_228_799_999),
      ("2017-01-01T00:59:60+01:00", 1_483_228_799_999),
    ] as [(String, Int64)])
  func reading(text: String, milliseconds: Int64) throws {
    #expect(try Instant(rfc3339: text) == Instant(milliseconds: milliseconds))
  }

  @Test(
    "What is not a timestamp is refused",
    arguments: [
      "", "2026-11-20", "2026-11-20T22:42:18", "2026-11-20 22:42:18Z", "2026-11-20T22:42Z",
      "2026-11-20T22:42:18.Z", "2026-11-20T22:42:18,5Z", "2026-11-20T24:00:00Z",
      "2026-11-20T22:60:00Z", "2026-11-20T22:42:61Z", "2026-11-20T22:42:60Z",
      "2026-02-29T00:00:00Z",
      "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-11-31T00:00:00Z",
      "0000-01-01T00:00:00Z",
      "26-11-20T22:42:18Z", "+2026-11-20T22:42:18Z", "2026-11-20T22:42:18+1:00",
      "2026-11-20T22:42:18+0100", "2026-11-20T22:42:18+24:00", "2026-11-20T22:42:18+01:60",
      "2026-11-20T22:42:18Z ", " 2026-11-20T22:42:18Z", "2026-11-20T22:42:18ZZ",
      "2026-11-20T22:42:18UTC", "1795214538", "2026-1-20T22:42:18Z", "２026-11-20T22:42:18Z",
    ])
  func refusing(text: String) {
    let error = #expect(throws: InvalidTimestamp.self) { try Instant(rfc3339: text) }
    #expect(
      error?.description
        == "\"\(text)\" is not an RFC 3339 timestamp such as 2026-11-20T22:42:18Z")
  }

  @Test(
    "A timestamp is written in UTC, with milliseconds only where there are any",
    arguments: [
      (0, "1970-01-01T00:00:00Z"), (1, "1970-01-01T00:00:00.001Z"),
      (-1, "1969-12-31T23:59:59.999Z"), (1_795_214_538_120, "2026-11-20T22:42:18.120Z"),
      (.min, "0001-01-01T00:00:00Z"), (.max, "9999-12-31T23:59:59.999Z"),
    ] as [(Int64, String)])
  func writing(milliseconds: Int64, text: String) {
    #expect(Instant(milliseconds: milliseconds).rfc3339 == text)
  }

  @Test func `Random instants survive being written and read`() throws {
    var random = SeededGenerator(seed: 7)
    for _ in 0..<1000 {
      let instant = Instant(
        milliseconds: .random(in: -62_135_596_800_000...253_402_300_799_999, using: &random))
      #expect(try Instant(rfc3339: instant.rfc3339) == instant)
    }
  }

  @Test func `Arithmetic saturates`() {
    #expect(Instant.distantFuture.advanced(by: .seconds(1)) == .distantFuture)
    #expect(Instant.distantPast.advanced(by: .seconds(-1)) == .distantPast)
    #expect(Instant.distantPast.duration(to: .distantFuture) == .milliseconds(Int64.max))
    #expect(Instant.distantFuture.duration(to: .distantPast) == .milliseconds(Int64.min))
  }
}
