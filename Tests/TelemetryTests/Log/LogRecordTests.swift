import Foundation
import Testing
internal import Time

@testable import Telemetry

struct LogRecordTests {
  private func text(_ message: String, _ fields: LogFields = [:], level: LogLevel = .info) -> String
  {
    let record = LogRecord(
      milliseconds: 1_795_214_538_123, level: level, message: message, fields: fields)
    return String(decoding: record.line(.text), as: UTF8.self)
  }

  private func json(_ message: String, _ fields: LogFields = [:]) -> String {
    let record = LogRecord(
      milliseconds: 1_795_214_538_123, level: .warning, message: message, fields: fields)
    return String(decoding: record.line(.json), as: UTF8.self)
  }

  @Test func `writes a text line for people`() {
    #expect(
      text("started", ["port": 8082, "zone": "Europe/Paris", "why": "two words"])
        == "2026-11-20T22:42:18.123Z INFO  started  port=8082 zone=Europe/Paris why=\"two words\"\n"
    )
    #expect(text("no fields", level: .error) == "2026-11-20T22:42:18.123Z ERROR no fields\n")
    #expect(text("x", level: .debug).contains("Z DEBUG x\n"))
    #expect(text("x", level: .warning).contains("Z WARN  x\n"))
  }

  @Test(arguments: [
    (LogValue.int(Int.min), "-9223372036854775808"), (1.5, "1.5"), (3.0, "3.0"),
    (.double(.nan), "nan"), (.double(-.infinity), "-inf"), (true, "true"), ("", "\"\""),
    ("plain", "plain"), ("a=b", "\"a=b\""), ("\"", "\"\\\"\""), ("a\\b", "\"a\\\\b\""),
    ("été", "été"), ("a\u{a0}b", "\"a\u{a0}b\""), (.duration(.milliseconds(1500)), "1.5s"),
    (.redacted(Redacted("hunter2")), "[redacted]"), (.describing(LogLevel.info.rawValue), "1"),
  ])
  func `writes values so that their end can be told`(value: LogValue, expected: String) {
    #expect(text("m", ["k": value]).hasSuffix("  k=\(expected)\n"))
  }

  /// Everything that could end a line, move a cursor or reorder text.
  static let unsafe: [Unicode.Scalar] =
    ((0x00...0x1F).map { $0 } + (0x7F...0x9F) + [0x200E, 0x200F] + (0x2028...0x202E)
    + (0x2066...0x2069)).compactMap { Unicode.Scalar(UInt32($0)) }

  @Test(arguments: unsafe)
  func `lets no character forge a line`(scalar: Unicode.Scalar) throws {
    let hostile = "a\(scalar)2026-11-20T22:42:18.123Z ERROR forged"
    for line in [
      text(hostile), text("m", ["k": .string(hostile)]), text("m", [hostile: 1]), json(hostile),
      json("m", ["k": .string(hostile)]), json("m", [hostile: 1]),
    ] {
      #expect(line.unicodeScalars.filter { $0 == scalar }.count == (scalar == "\n" ? 1 : 0))
      #expect(line.hasSuffix("\n"))
      #expect(line.dropLast().allSatisfy { !$0.isNewline })
    }
    let object = try parsed(json(hostile, [hostile: .string(hostile)]))
    #expect(object["message"] as? String == hostile)
    #expect(object[hostile] as? String == hostile)
  }

  @Test func `keeps text field names free of separators`() {
    #expect(text("m", ["a b=c\"d": 1, "": 2]).hasSuffix("  a_b_c_d=1 _=2\n"))
  }

  @Test func `writes a JSON object for collectors`() {
    #expect(
      json("say \"hi\"", ["n": 1, "d": 1.5, "b": false, "s": "x\\y", "t": .duration(.seconds(90))])
        == #"{"time":"2026-11-20T22:42:18.123Z","level":"warning","message":"say \"hi\"","#
        + #""n":1,"d":1.5,"b":false,"s":"x\\y","t":"1m30s"}"# + "\n")
  }

  @Test func `gives a JSON field that is already there another name`() throws {
    let object = try parsed(
      json("m", ["time": 1, "level": 2, "message": 3, "time_": 4, "x": 5, "x": 6]))
    #expect(object["message"] as? String == "m")
    #expect(object["time_"] as? Int == 1)
    #expect(object["level_"] as? Int == 2)
    #expect(object["message_"] as? Int == 3)
    #expect(object["time__"] as? Int == 4)
    #expect(object["x"] as? Int == 5)
    #expect(object["x_"] as? Int == 6)
  }

  @Test func `writes numbers that JSON does not have as strings`() throws {
    let object = try parsed(json("m", ["nan": .double(.nan), "inf": .double(.infinity)]))
    #expect(object["nan"] as? String == "nan")
    #expect(object["inf"] as? String == "inf")
  }

  @Test func `cuts a string that is longer than the limit`() throws {
    let whole = String(repeating: "a", count: LogRecord.longestString)
    #expect(text(whole).contains("\(whole)\n"))
    #expect(text(whole + "bb").contains("\(whole)… (2 more bytes)\n"))
    let object = try parsed(json("m", ["k": .string(whole + "é")]))
    #expect(object["k"] as? String == "\(whole)… (2 more bytes)")
  }

  private func parsed(_ line: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
  }
}
