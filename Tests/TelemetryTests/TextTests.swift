import Foundation
import Testing

@testable import Telemetry

struct UTCTimeTests {
  @Test func `agrees with Foundation on random times`() {
    let formatter = ISO8601DateFormatter()
    formatter.formatOptions = [.withInternetDateTime]
    var random = SystemRandomNumberGenerator()
    // Foundation switches to the Julian calendar in 1582.
    let seconds = Int64(-12_000_000_000)...Int64(253_402_300_799)
    for _ in 0..<2000 {
      let second = Int64.random(in: seconds, using: &random)
      let expected = formatter.string(from: Date(timeIntervalSince1970: Double(second)))
      #expect(
        UTCTime.text(milliseconds: second * 1000 + 7)
          == expected.replacingOccurrences(of: "Z", with: ".007Z"))
    }
  }

  @Test(arguments: [
    (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
    (951_782_400_000, "2000-02-29T00:00:00.000Z"), (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
    (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
    (253_402_300_800_000, "9999-12-31T23:59:59.999Z"), (Int64.max, "9999-12-31T23:59:59.999Z"),
    (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"),
    (-62_167_219_200_001, "0000-01-01T00:00:00.000Z"), (Int64.min, "0000-01-01T00:00:00.000Z"),
  ])
  func `writes the edges`(milliseconds: Int64, expected: String) {
    #expect(UTCTime.text(milliseconds: milliseconds) == expected)
  }
}

struct DurationTextTests {
  @Test(arguments: [
    (Duration.zero, "0s"), (.nanoseconds(999), "0s"), (.microseconds(1), "1µs"),
    (.microseconds(1500), "1.5ms"), (.milliseconds(15), "15ms"), (.milliseconds(999), "999ms"),
    (.seconds(1), "1s"), (.milliseconds(1001), "1.001s"), (.milliseconds(2500), "2.5s"),
    (.seconds(60), "1m"), (.seconds(90), "1m30s"), (.seconds(3600), "1h"),
    (.seconds(5400), "1h30m"),
    (.seconds(3601), "1h1s"), (.seconds(86400), "24h"), (.seconds(-90), "-1m30s"),
    (.milliseconds(-5), "-5ms"), (.seconds(3600.5), "1h0.5s"),
  ])
  func `writes durations as Go reads them`(duration: Duration, expected: String) {
    #expect(DurationText.text(duration) == expected)
  }

  @Test func `bears the longest durations`() {
    #expect(DurationText.text(.seconds(Int64.max)).hasSuffix("s"))
    #expect(DurationText.text(.seconds(Int64.min)).hasPrefix("-"))
  }
}

struct JSONWriterTests {
  @Test func `writes nested containers in order`() {
    var json = JSONWriter()
    json.object { json in
      json.field("z", 1)
      json.field(array: "a") { json in
        json.element("x")
        json.element(2)
        json.element(true)
        json.elementNull()
        json.object { _ in }
        json.array { $0.element(0.5) }
      }
      json.field(object: "o") { $0.field("k", nil as String?) }
      json.field("n", nil as Int?)
      json.field("d", Double.nan)
      json.field("e", nil as Double?)
      json.field("b", nil as Bool?)
      json.fieldNull("null")
    }
    #expect(
      String(decoding: json.bytes, as: UTF8.self)
        == #"{"z":1,"a":["x",2,true,null,{},[0.5]],"o":{"k":null},"n":null,"d":null,"e":null,"#
        + #""b":null,"null":null}"#)
  }

  @Test func `gives back every scalar through another parser`() throws {
    let all = String(
      String.UnicodeScalarView((0...0x11000).compactMap { Unicode.Scalar(UInt32($0)) }))
    var json = JSONWriter()
    json.array { $0.element(all + "\u{10FFFF}😀") }
    let back = try JSONSerialization.jsonObject(with: Data(json.bytes)) as? [String]
    #expect(
      back?.first.map { Array($0.unicodeScalars) } == Array((all + "\u{10FFFF}😀").unicodeScalars))
  }

  @Test(arguments: [
    0, -0.0, 1, 0.1, 1e300, -1e-300, 123456789.125, Double(1 << 53), .leastNonzeroMagnitude,
  ])
  func `writes numbers that read back the same`(value: Double) throws {
    var json = JSONWriter()
    json.array { $0.element(value) }
    let back = try JSONSerialization.jsonObject(with: Data(json.bytes)) as? [Double]
    #expect(back == [value])
  }
}
