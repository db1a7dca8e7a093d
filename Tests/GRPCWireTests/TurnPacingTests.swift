internal import GRPCWire
internal import Testing

@Suite struct TurnPacingTests {
  /// A loop and its callers, in microseconds: turns cost time, and so do the calls in them.
  private struct Simulation {
    var pacing = TurnPacing()
    var now: UInt64 = 1_000
    var rests = 0
    var answered = 0
    var turns = 0

    var restTime: UInt64 { UInt64(rests) * Self.rest }

    static let rest = UInt64(TurnPacing.rest / .microseconds(1))
    static let turnCost: UInt64 = 15
    static let callCost: UInt64 = 3

    /// Answers `count` calls in one turn.
    mutating func turn(_ count: Int) {
      now += Self.turnCost + Self.callCost * UInt64(count)
      answered += count
      turns += 1
      if pacing.turnEnded(calls: count, now: MonotonicTime(nanoseconds: now * 1_000)) == .rest {
        rests += 1
        now += Self.rest
      }
    }

    /// Calls that come at a steady pace, whenever they are answered.
    mutating func run(callsASecond rate: Int, seconds: Int) {
      run(callsASecond: rate, for: UInt64(seconds) * 1_000_000)
    }

    mutating func run(callsASecond rate: Int, for microseconds: UInt64) {
      let begin = now
      var taken = 0
      while now < begin + microseconds {
        let due = Int((now - begin) * UInt64(rate) / 1_000_000) - taken
        if due == 0 {
          now += 1
        } else {
          taken += due
          turn(due)
        }
      }
    }

    /// Callers that wait for their answer, and 10 µs more, before they call again.
    mutating func run(callers: Int, seconds: Int) {
      let end = now + UInt64(seconds) * 1_000_000
      while now < end {
        turn(callers)
        now += 10
      }
    }
  }

  @Test(arguments: [8_000, 20_000, 50_000])
  func `many callers are answered in fewer turns`(rate: Int) {
    var simulation = Simulation()
    simulation.run(callsASecond: rate, seconds: 2)
    #expect(simulation.turns < 2_000_000 / Int(Simulation.rest) + rate / 20)
    #expect(simulation.answered > rate * 2 * 99 / 100)
  }

  @Test(arguments: [1, 100, 1_000, 4_000])
  func `few calls are answered at once`(rate: Int) {
    var simulation = Simulation()
    simulation.run(callsASecond: rate, seconds: 3)
    #expect(simulation.rests == 0)
  }

  @Test(arguments: [1, 2, 4, 8, 16, 32])
  func `callers that wait for their answers are not slowed down`(callers: Int) {
    var simulation = Simulation()
    simulation.run(callers: callers, seconds: 5)
    // A trial a second, and what it takes to find that it was wrong.
    #expect(simulation.rests <= 10)
    let turnTime = Simulation.turnCost + Simulation.callCost * UInt64(callers) + 10
    let unpaced = 5_000_000 / Int(turnTime) * callers
    #expect(simulation.answered > unpaced * 98 / 100)
  }

  @Test func `calls that come many at a time are answered at once`() {
    var simulation = Simulation()
    simulation.run(callsASecond: 250_000, seconds: 2)
    #expect(simulation.rests == 0)
    #expect(simulation.answered > 250_000 * 2 * 99 / 100)
  }

  @Test func `rests end when calls begin to come many at a time`() {
    var simulation = Simulation()
    simulation.run(callsASecond: 20_000, seconds: 1)
    simulation.run(callsASecond: 250_000, seconds: 1)
    let before = simulation.rests
    simulation.run(callsASecond: 250_000, seconds: 2)
    #expect(simulation.rests == before)
  }

  @Test(arguments: [2, 8, 32])
  func `callers that begin slowly and then wait for their answers are not slowed down`(
    callers: Int
  ) {
    var simulation = Simulation()
    // Resting begins at a time when it slows nobody down.
    simulation.run(callsASecond: 9_000, for: 30_000)
    simulation.answered = 0
    simulation.run(callers: callers, seconds: 5)
    let turnTime = Simulation.turnCost + Simulation.callCost * UInt64(callers) + 10
    #expect(simulation.answered > 5_000_000 / Int(turnTime) * callers * 97 / 100)
  }

  @Test(arguments: [(5, 4), (60, 8)])
  func `callers that wait for their answers are not slowed down for those before them`(
    before: Int, seen: Int
  ) {
    var simulation = Simulation()
    simulation.run(callsASecond: 20_000, seconds: before)
    // The longer nobody has waited, the later it is seen.
    simulation.run(callers: 32, seconds: seen)
    simulation.answered = 0
    simulation.run(callers: 32, seconds: 5)
    let turnTime = Simulation.turnCost + Simulation.callCost * 32 + 10
    #expect(simulation.answered > 5_000_000 / Int(turnTime) * 32 * 97 / 100)
  }

  @Test func `a steady load is probed ever more rarely`() {
    var simulation = Simulation()
    simulation.run(callsASecond: 20_000, seconds: 20)
    let turns = simulation.turns
    simulation.run(callsASecond: 20_000, seconds: 16)
    // Two probes of 10 ms, each with a turn for every call, and a rest after each other turn.
    #expect(simulation.turns - turns < 2 * 220 + 16_000_000 / Int(Simulation.rest))
  }

  @Test func `a load that has its ups and downs is rested in most of the time`() {
    var simulation = Simulation()
    for round in 0..<100 { simulation.run(callsASecond: [20_000, 12_000][round % 2], for: 40_000) }
    #expect(simulation.restTime > 2_500_000)
  }

  @Test func `resting ends when the calls grow few, and begins again`() {
    var simulation = Simulation()
    simulation.run(callsASecond: 20_000, seconds: 1)
    simulation.run(callsASecond: 1_000, seconds: 1)
    let before = simulation.restTime
    simulation.run(callsASecond: 1_000, seconds: 1)
    #expect(simulation.restTime == before)
    simulation.run(callsASecond: 20_000, seconds: 2)
    #expect(simulation.restTime > before + 1_000_000)
  }

  @Test func `resting ends when the calls grow few little by little`() {
    var simulation = Simulation()
    var rate = 20_000
    while rate > 1_000 {
      simulation.run(callsASecond: rate, for: 300_000)
      rate = rate * 9 / 10
    }
    let before = simulation.rests
    simulation.run(callsASecond: 1_000, seconds: 2)
    // One window is still under way.
    #expect(simulation.rests <= before + 13)
  }

  @Test func `a turn without calls is no reason to rest`() {
    var pacing = TurnPacing()
    for microseconds in 0..<100_000 as Range<UInt64> {
      let now = MonotonicTime(nanoseconds: microseconds * 1_000)
      #expect(pacing.turnEnded(calls: 0, now: now) == .goOn)
    }
  }
}
