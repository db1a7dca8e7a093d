internal import Testing
internal import Time

struct DurationTextTests {
  @Test(
    "Durations are read as Go writes them, with days and weeks",
    arguments: [
      ("0", .zero), ("0s", .zero), ("+0", .zero), ("-0", .zero), ("300ms", .milliseconds(300)),
      ("90s", .seconds(90)), ("1m30s", .seconds(90)), ("1h30m", .seconds(5400)),
      ("1.5h", .seconds(5400)), (".5h", .seconds(1800)), ("1.s", .seconds(1)),
      ("2d", .seconds(172_800)), ("1w", .seconds(604_800)), ("1w2d", .seconds(777_600)),
      ("1d12h", .seconds(129_600)), ("-5m", .seconds(-300)), ("+5m", .seconds(300)),
      ("1s1s", .seconds(2)), ("7us", .microseconds(7)), ("7µs", .microseconds(7)),
      ("7μs", .microseconds(7)), ("7ns", .nanoseconds(7)), ("0.1ns", .zero),
      ("0.000000001s", .nanoseconds(1)), ("0.3333333333333333333s", .nanoseconds(333_333_333)),
      ("9223372036854775807ns", .nanoseconds(Int64.max)),
      ("-9223372036854775807ns", .nanoseconds(-Int64.max)),
      ("2562047h47m16.854775807s", .nanoseconds(Int64.max)),
    ] as [(String, Duration)])
  func reading(text: String, duration: Duration) throws {
    #expect(try Duration(text: text) == duration)
  }

  @Test(
    "What is not a duration is refused",
    arguments: [
      "", "5", "-5", "1.5", "s", ".s", ".", "-", "+", "--5s", "5 s", " 5s", "5s ", "5S", "5min",
      "5M", "1h-5m", "5e3s", "0x5s", "٥s", "1,5h", "5mo", "1y", "5\u{0}s", "nan", "infs", "1h 30m",
    ])
  func refusing(text: String) {
    #expect(throws: InvalidDuration.self) { try Duration(text: text) }
  }

  @Test(
    "One more than the longest is refused, whichever way it is written",
    arguments: [
      "9223372036854775808ns", "9223372036.854775808s", "99999999999999999999999s", "106752d",
      "15251w", "9223372036854775807ns1ns", "153722867280913m", "999999999999999999w",
    ])
  func tooLong(text: String) {
    let error = #expect(throws: InvalidDuration.self) { try Duration(text: text) }
    #expect(
      error?.description == "\"\(text)\" is longer than the longest duration, 2562047h47m")
  }

  @Test(
    "The error says what is wrong",
    arguments: [
      (
        "5min",
        "\"5min\" has the unknown unit \"min\"; the units are ns, us, ms, s, m, h, d and w, of which m"
          + " is meant"
      ),
      (
        "2 Hours",
        "\"2 Hours\" has the unknown unit \" Hours\"; the units are ns, us, ms, s, m, h, d and w, of which"
          + " h is meant"
      ),
      ("5", "\"5\" has a number without a unit; write it like \"90s\" or \"1h30m\""),
      ("soon", "\"soon\" is not a duration; write it like \"90s\", \"1h30m\" or \"2d\""),
    ])
  func messages(text: String, message: String) {
    let error = #expect(throws: InvalidDuration.self) { try Duration(text: text) }
    #expect(error?.description == message)
  }

  @Test(
    "A duration is written in the shortest way",
    arguments: [
      (.zero, "0s"), (.seconds(1), "1s"), (.seconds(90), "1m30s"), (.seconds(60), "1m"),
      (.seconds(3600), "1h"), (.seconds(5400), "1h30m"), (.seconds(3601), "1h1s"),
      (.seconds(90_000), "25h"), (.milliseconds(1500), "1.5s"), (.milliseconds(300), "300ms"),
      (.microseconds(1500), "1.5ms"), (.nanoseconds(7), "7ns"), (.nanoseconds(7050), "7.05µs"),
      (.seconds(-90), "-1m30s"), (.milliseconds(-300), "-300ms"),
      (.milliseconds(60_001), "1m0.001s"),
      (.nanoseconds(Int64.max), "2562047h47m16.854775807s"),
    ] as [(Duration, String)])
  func writing(duration: Duration, text: String) throws {
    #expect(duration.text == text)
    #expect(try Duration(text: text) == duration)
  }

  @Test(
    "A bound is written in days where it is whole days",
    arguments: [
      (.zero, "0s"), (.seconds(86_399), "23h59m59s"), (.seconds(86_400), "1d"),
      (.seconds(90_000), "25h"), (.seconds(56 * 86_400), "56d"),
    ] as [(Duration, String)])
  func bounds(duration: Duration, text: String) {
    #expect(duration.daysText == text)
  }

  @Test func `The ends of the range neither trap nor wrap`() {
    #expect(Duration.seconds(Int64.min).text == "-2562047788015215h30m8s")
    #expect(Duration.milliseconds(Int64.max).milliseconds == .max)
    #expect(Duration.milliseconds(Int64.min).milliseconds == .min)
    #expect(Duration.seconds(Int64.max).milliseconds == .max)
    #expect(Duration.seconds(Int64.min).milliseconds == .min)
    #expect(Duration.microseconds(-1500).milliseconds == -1)
  }
}
