/// Says when a loop should rest for a moment before it looks at its sockets again.
///
/// Many callers that each send a call at a time of their own cost a loop a wake-up, a read and a write
/// for every call, which is five times as much as the call itself. After a rest the same calls are read
/// and answered together. Calls that come together anyway, as those of a flood do, gain nothing by it.
/// Callers that wait for one answer before they send the next call would only be slowed down: fewer calls
/// come than before, and more as soon as the loop does not rest. It stops resting for a moment now and
/// then to see that.
///
/// Decides; performs nothing, and reads no clock.
package struct TurnPacing: Sendable, Equatable {
  package enum OnTurn: Sendable, Equatable {
    case goOn
    /// Look at no socket for `TurnPacing.rest`.
    case rest
  }

  /// What a call may wait longer: far below the 50 ms that KEDA's calls are to be answered in (C3). Less
  /// saves less, since the processor's caches are cold after every rest: at 20,000 calls a second 5 ms take
  /// a twelfth more of a core, and 3 ms a seventh.
  package static let rest = Duration.milliseconds(8)

  /// Over how long turns and calls are counted; longer where the loop rests, so that a lull does not end it.
  static let window: UInt64 = 10_000_000
  static let longWindow: UInt64 = 100_000_000
  /// How long a trial takes: one rest, since the turn behind it gets to all that has come.
  static let trialWindow: UInt64 = 8_000_000
  /// How long the loop does not rest to see whether more calls come then. It does so at the beginning, and
  /// whenever more calls come than the last time; else after the shorter interval, and each time that it
  /// saw none after twice as long, up to the longer one: every probe has 200 turns where there are 20,000
  /// calls a second, which is as many as resting leaves in a second.
  static let probeWindow: UInt64 = 10_000_000
  static let shortProbeInterval: UInt64 = 2_000_000_000
  static let longProbeInterval: UInt64 = 8_000_000_000
  /// So many times as many calls are more than chance, and than what a rest has left behind.
  static let significantRise = 1.5
  /// The turns of a window with calls that make resting worth a trial: 5,000 a second.
  static let busyTurns = 50
  /// The calls of a turn behind a rest with which resting is worth it: 2,000 a second, so that a load that
  /// shrinks little by little, which no window sees as fewer calls than the last, comes to be answered at
  /// once.
  static let worthwhileCalls = 16
  /// The calls of a turn without a rest with which resting is not worth it: little of what the turn costs
  /// is not theirs.
  static let fullTurn = 8
  /// How long resting is not tried again when it has slowed callers down at once, and when it was of use
  /// before: the load of many callers has its ups and downs. When that is not yet clear, the time grows
  /// from the shorter to the longer one.
  static let longPatience: UInt64 = 1_000_000_000
  static let shortPatience: UInt64 = 50_000_000

  private enum State: Sendable, Equatable {
    case watching
    /// Resting has begun, at a time of so many calls a second.
    case trying(rate: Double, hasBeenOfUse: Bool)
    /// The rate is that of the last window.
    case resting(rate: Double, hasBeenOfUse: Bool)
    /// Not resting, at a time when so many calls a second came in spite of rests.
    case probing(rate: Double)
  }

  private struct Probe: Sendable, Equatable {
    let ended: MonotonicTime
    let rate: Double
    /// For how long it is good.
    let interval: UInt64
  }

  private var state = State.watching
  private var windowBegan = MonotonicTime(nanoseconds: 0)
  /// The last time that was looked whether more calls come without rests; nil since resting has ended.
  private var probe: Probe?
  private var turns = 0
  private var calls = 0
  /// How often in a row resting has slowed callers down, or seemed to, before it was of use.
  private var setbacks: UInt64 = 0
  /// When the next trial may begin.
  private var nextTrial = MonotonicTime(nanoseconds: 0)

  package init() {}

  /// A turn of the loop has ended in which `calls` calls came, which may be none.
  package mutating func turnEnded(calls count: Int, now: MonotonicTime) -> OnTurn {
    guard count > 0 else { return .goOn }
    turns += 1
    calls += count
    switch state {
    case .trying(let rate, let hasBeenOfUse):
      guard let current = callRate(over: Self.trialWindow, now: now) else { return .rest }
      // Half, because what comes in a few milliseconds varies.
      guard current * 2 >= rate else {
        return giveUp(for: hasBeenOfUse ? Self.shortPatience : Self.longPatience, now: now)
      }
      state = .resting(rate: rate, hasBeenOfUse: false)
      startWindow(now: now)
      return .rest
    case .resting(let rate, let hasBeenOfUse):
      guard let current = callRate(over: Self.longWindow, now: now) else { return .rest }
      let isSlower = current < rate * 0.75
      let isWorthwhile = calls >= turns * Self.worthwhileCalls
      guard isWorthwhile, !isSlower else {
        guard !hasBeenOfUse else { return giveUp(for: Self.shortPatience, now: now) }
        setbacks = min(setbacks + 1, 5)
        return giveUp(for: min(Self.shortPatience << setbacks, Self.longPatience), now: now)
      }
      setbacks = 0
      startWindow(now: now)
      guard isProbed(rate: current, now: now) else {
        state = .probing(rate: current)
        return .goOn
      }
      state = .resting(rate: current, hasBeenOfUse: true)
      return .rest
    case .probing(let rate):
      guard let current = callRate(over: Self.probeWindow, now: now) else { return .goOn }
      guard calls < turns * Self.fullTurn else { return giveUp(for: Self.shortPatience, now: now) }
      let hasRisen = current >= rate * Self.significantRise
      var interval = Self.shortProbeInterval
      if !hasRisen, let probe { interval = min(probe.interval * 2, Self.longProbeInterval) }
      probe = Probe(ended: now, rate: max(current, rate), interval: interval)
      // Either callers wait for their answers, or more of them have come: a trial tells.
      state =
        hasRisen
        ? .trying(rate: current, hasBeenOfUse: true) : .resting(rate: rate, hasBeenOfUse: true)
      startWindow(now: now)
      return .rest
    case .watching:
      guard let current = callRate(over: Self.window, now: now) else { return .goOn }
      let isBusy = turns >= Self.busyTurns && calls < turns * Self.fullTurn
      startWindow(now: now)
      guard isBusy, now >= nextTrial else { return .goOn }
      state = .trying(rate: current, hasBeenOfUse: false)
      return .rest
    }
  }

  /// Whether it is known that so many callers do not wait for their answers.
  private func isProbed(rate: Double, now: MonotonicTime) -> Bool {
    guard let probe else { return false }
    return probe.ended.nanoseconds(to: now) < probe.interval
      && rate < probe.rate * Self.significantRise
  }

  private mutating func giveUp(for patience: UInt64, now: MonotonicTime) -> OnTurn {
    state = .watching
    probe = nil
    nextTrial = MonotonicTime(nanoseconds: now.nanoseconds &+ patience)
    startWindow(now: now)
    return .goOn
  }

  /// The calls a second, once `window` is over.
  private func callRate(over window: UInt64, now: MonotonicTime) -> Double? {
    let elapsed = windowBegan.nanoseconds(to: now)
    return elapsed >= window ? Double(calls) * 1e9 / Double(elapsed) : nil
  }

  private mutating func startWindow(now: MonotonicTime) {
    windowBegan = now
    turns = 0
    calls = 0
  }
}
