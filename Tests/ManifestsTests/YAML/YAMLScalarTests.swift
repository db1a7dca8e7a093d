internal import Testing

@testable internal import Manifests

struct YAMLScalarTests {
  @Test(
    arguments: [
      ("", .null), ("~", .null), ("null", .null), ("NULL", .null), ("nULL", .text("nULL")),
      ("true", .boolean(true)), ("False", .boolean(false)), ("yes", .text("yes")),
      ("on", .text("on")),
      ("0", .integer(0)), ("-1", .integer(-1)), ("+7", .integer(7)), ("-0", .integer(0)),
      ("0x1F", .integer(31)), ("0o17", .integer(15)), ("0x", .text("0x")), ("0o8", .text("0o8")),
      ("0xFFFFFFFFFFFFFFFFF", .hugeInteger), ("0x-1", .text("0x-1")),
      ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
      ("9223372036854775808", .hugeInteger), ("-9223372036854775809", .hugeInteger),
      ("010", .ambiguousInteger), ("-010", .ambiguousInteger), ("00", .ambiguousInteger),
      ("1.5", .real(1.5)), (".5", .real(0.5)), ("5.", .real(5)), ("1e3", .real(1000)),
      ("-1.5E-1", .real(-0.15)), ("1e", .text("1e")), (".", .text(".")), ("1.2.3", .text("1.2.3")),
      ("e3", .text("e3")), ("1e999", .notFinite), ("-1e999", .notFinite), (".inf", .notFinite),
      ("-.INF", .notFinite), (".nan", .notFinite), ("inf", .text("inf")), ("nan", .text("nan")),
      ("09:00", .text("09:00")), ("1:30", .text("1:30")), ("2026-11-27", .text("2026-11-27")),
      ("1_000", .text("1_000")), ("+", .text("+")), ("-", .text("-")), ("--1", .text("--1")),
      ("١", .text("١")), (" 1", .text(" 1")),
    ] as [(String, YAMLScalar.Value)])
  func `a plain scalar means what the core schema says`(text: String, value: YAMLScalar.Value) {
    #expect(YAMLScalar(text: text, isPlain: true).value == value)
  }

  @Test(arguments: ["", "null", "true", "1", "1.5", ".nan"])
  func `a quoted scalar is text`(text: String) {
    #expect(YAMLScalar(text: text, isPlain: false).value == .text(text))
  }
}
