internal import Foundation
internal import Telemetry
internal import TestKit
internal import Testing

@testable internal import HTTPClient

@Suite struct JSONReaderTests {
  @Test(arguments: [
    ("0", 0), ("-0", 0), ("42", 42), ("3.0", 3), ("30e-1", 3), ("1E2", 100), ("1e+2", 100),
    (" \t\r\n7 ", 7), ("9223372036854775807", Int.max), ("-9223372036854775808", Int.min),
  ])
  func `reads whole numbers`(text: String, expected: Int) throws {
    var reader = JSONReader(Array(text.utf8))
    #expect(try reader.readInt() == expected)
    try reader.finish()
  }

  @Test(arguments: [
    "", " ", "-", "+1", "01", "1.", ".5", "1e", "1e+", "0x10", "NaN", "Infinity", "-Infinity",
    "1_0",
    "1.5", "1e400", "9223372036854775808", "1e19", "\"1\"", "null", "true", "[1]", "--1", "1.2.3",
    "1e5e5", "١", String(repeating: "9", count: 1000), "1e999999999999999999999",
  ])
  func `refuses what is not a whole number`(text: String) {
    var reader = JSONReader(Array(text.utf8))
    #expect(throws: JSONError.self) { try reader.readInt() }
  }

  @Test(arguments: [
    ("1.5", 1.5), ("-2.5e3", -2500), ("1e308", 1e308), ("5e-324", .leastNonzeroMagnitude),
    ("1e-400", 0),
    ("0.1", 0.1), ("123456789012345678", 123_456_789_012_345_680),
  ])
  func `reads numbers`(text: String, expected: Double) throws {
    var reader = JSONReader(Array(text.utf8))
    #expect(try reader.readDouble() == expected)
  }

  @Test(arguments: [
    (#""""#, ""), (#""abc""#, "abc"), (#""ä🙂""#, "ä🙂"),
    (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"),
    (#""\u0041\u00e4\u20AC""#, "Aä€"), (#""\uD83D\uDE42!""#, "🙂!"), (#""\u0000""#, "\0"),
  ])
  func `reads strings`(text: String, expected: String) throws {
    var reader = JSONReader(Array(text.utf8))
    #expect(try reader.readString() == expected)
    try reader.finish()
  }

  @Test(arguments: [
    "\"", "\"abc", "\"\\", "\"\\\"", "\"\\x\"", "\"\\u\"", "\"\\u12\"", "\"\\u12g4\"",
    "\"\\uD83D\"", "\"\\uD83Dx\"", "\"\\uD83D\\n\"", "\"\\uD83D\\u0041\"", "\"\\uDE42\"",
    "\"a\nb\"",
    "\"a\u{0}b\"", "abc", "'a'",
  ])
  func `refuses what is not a string`(text: String) {
    var reader = JSONReader(Array(text.utf8))
    #expect(throws: JSONError.self) { try reader.readString() }
  }

  @Test(
    arguments: [
      [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82],
    ] as [[UInt8]])
  func `refuses invalid UTF-8`(bytes: [UInt8]) {
    var reader = JSONReader([0x22] + bytes + [0x22])
    #expect(throws: JSONError(offset: 0, problem: "a string is not valid UTF-8")) {
      try reader.readString()
    }
  }

  @Test func `reads nested containers`() throws {
    var reader = JSONReader(Array(#" {"a": [1, 2,3], "b": {}, "c": [ ], "": null} "#.utf8))
    var keys: [String] = []
    var numbers: [Int] = []
    try reader.readObject { reader, key throws(JSONError) in
      keys.append(key)
      guard key == "a" else { return try reader.skipValue() }
      try reader.readArray { reader throws(JSONError) in numbers.append(try reader.readInt()) }
    }
    try reader.finish()
    #expect(keys == ["a", "b", "c", ""])
    #expect(numbers == [1, 2, 3])
  }

  @Test(arguments: [
    "", "{", "}", "[", "]", "{]", "[}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}", "{1:2}",
    "{\"a\" 1}", "[1,]", "[,1]", "[1 2]", "[1,,2]", "nul", "tru", "falsey", "truefalse", "{a:1}",
    "undefined", "[\u{C}1]", "{\"a\":1}}", "[1]x", "1 2", "\u{FEFF}1",
  ])
  func `refuses what is not JSON`(text: String) {
    var reader = JSONReader(Array(text.utf8))
    #expect(throws: JSONError.self) {
      try reader.skipValue()
      try reader.finish()
    }
  }

  @Test func `nests to a limit and no deeper`() throws {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
      func nested(_ depth: Int) -> [UInt8] {
        let inner = open == "[" ? "" : "1"
        return Array(
          (String(repeating: open, count: depth) + inner + String(repeating: close, count: depth))
            .utf8)
      }
      var reader = JSONReader(nested(JSONReader.maximumDepth))
      try reader.skipValue()
      try reader.finish()
      reader = JSONReader(nested(JSONReader.maximumDepth + 1))
      #expect(throws: JSONError.self) { try reader.skipValue() }
      reader = JSONReader(Array(String(repeating: open, count: 1_000_000).utf8))
      #expect(throws: JSONError.self) { try reader.skipValue() }
    }
  }

  @Test(arguments: [
    ("NaN", "expected a value, found \"NaN\" at byte 0"),
    ("<html><body>", "expected a value, found \"<html><body>\" at byte 0"),
    ("", "expected a value, found the end at byte 0"),
    ("[1, nan]", "expected a value, found \"nan\" at byte 4"),
    ("[1 2]", "expected \",\" or \"]\", found \"2\" at byte 3"),
  ])
  func `says what stands where`(text: String, expected: String) {
    var reader = JSONReader(Array(text.utf8))
    #expect {
      try reader.skipValue()
    } throws: {
      "\($0)" == expected
    }
  }

  @Test(arguments: [
    (#"{"value":1,"value":2}"#, "the key \"value\" is given twice at byte 11"),
    (#"{"a":{"b":1,"c":2,"\u0062":3}}"#, "the key \"b\" is given twice at byte 18"),
    (#"[{"a":1},{"":1,"":1}]"#, "the key \"\" is given twice at byte 15"),
    (#"{"t0ken":1,"t0ken":1}"#, "the key \"[redacted]\" is given twice at byte 11"),
  ])
  func `refuses a key that is given twice, in what is skipped too`(text: String, expected: String) {
    var reader = JSONReader(Array(text.utf8), hiding: [Redacted("t0ken")])
    #expect {
      try reader.skipValue()
    } throws: {
      "\($0)" == expected
    }
  }

  @Test func `takes one key in several objects`() throws {
    var reader = JSONReader(Array(#"{"a":{"a":[{"a":1},{"a":2}]},"b":{"a":3}}"#.utf8))
    try reader.skipValue()
    try reader.finish()
  }

  /// Foundation's parser is the oracle: what it takes, ours takes, and the other way round.
  @Test func `agrees with Foundation on mutated answers`() throws {
    let original = Array(
      #"{"status":"success","data":{"resultType":"vector","result":[{"metric":{"a":"é\n"},"value":[1.5e3,"42"]}]}}"#
        .utf8)
    var mutator = Mutator(seed: 1)
    for _ in 0..<3000 {
      let bytes = mutator.mutated(original)
      var reader = JSONReader(bytes)
      let ours = Result {
        try reader.skipValue()
        try reader.finish()
      }
      let theirs = Result {
        try JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
      }
      guard case .success = ours else { continue }
      let text = String(decoding: bytes, as: UTF8.self)
      #expect(throws: Never.self, "\(text)") { try theirs.get() }
    }
  }
}
