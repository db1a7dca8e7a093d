internal import Scaling
internal import Testing
internal import Time

@testable internal import DecisionEngine

@Suite struct ClockStepDetectorTests {
  @Test(
    arguments: [
      (1_000, nil), (3_000, nil), (3_001, 2_001), (-1_000, nil), (-1_001, -2_001),
      (-59_000, -60_000),
    ] as [(Int64, Int64?)])
  func `a step is what the wall clock moved beyond the monotonic one`(
    _ moved: Int64, _ expected: Int64?
  ) {
    var detector = ClockStepDetector()
    let start = Instant(milliseconds: 1_800_000_000_000)
    #expect(detector.step(monotonic: .seconds(7), wall: start) == nil)
    let step = detector.step(
      monotonic: .seconds(8), wall: start.advanced(by: .milliseconds(moved)))
    #expect(step == expected.map { .milliseconds($0) })
    // It is reported once.
    #expect(
      detector.step(monotonic: .seconds(9), wall: start.advanced(by: .milliseconds(moved + 1_000)))
        == nil)
  }
}
