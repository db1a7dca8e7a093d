import Testing
import Time

struct RoundedDurationTests {
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
    #expect(duration.roundedText == expected)
  }

  @Test func `bears the longest durations`() {
    #expect(Duration.seconds(Int64.max).roundedText.hasSuffix("s"))
    #expect(Duration.seconds(Int64.min).roundedText.hasPrefix("-"))
  }
}
