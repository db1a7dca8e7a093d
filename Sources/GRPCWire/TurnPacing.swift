/// Says when a loop should rest for a moment before it looks at its sockets again.
///
/// Many callers that each send a call at a time of their own cost a loop a wake-up, a read and a write
/// for every call, which is five times as much as the call itself. After a rest the same calls are read
/// and answered together. Callers that wait for one answer before they send the next call would only be
/// slowed down by it: then fewer calls come than before, and resting ends.
///
/// Decides; performs nothing, and reads no clock.
package struct TurnPacing: Sendable, Equatable {
  package enum OnTurn: Sendable, Equatable {
    case goOn
    /// Look at no socket for `TurnPacing.rest`.
    case rest
  }

  /// What a call may wait longer: far below the 50 ms that KEDA's calls are to be answered in (C3). Half
  /// of it saves less, since caches are cold after every rest.
  package static let rest = Duration.milliseconds(2)

  /// Over how long turns and calls are counted; longer once resting has been of use, so that a short lull
  /// does not end it.
  static let window: UInt64 = 10_000_000
  static let longWindow: UInt64 = 50_000_000
  /// How long a trial takes: two or three rests, because one turn need not get to all that has come.
  static let trialWindow: UInt64 = 5_000_000
  /// The turns of a window with calls that make resting worth a trial: 5,000 a second.
  static let busyTurns = 50
  /// The calls of a turn with which resting is worth it.
  static let worthwhileCalls = 4
  /// How long resting is not tried again when it has slowed callers down at once, and when it was of use
  /// before: the load of many callers has its ups and downs.
  static let longPatience: UInt64 = 1_000_000_000
  static let shortPatience: UInt64 = 50_000_000

  private enum State: Sendable, Equatable {
    case watching
    /// Resting has begun, at a time of so many calls a second.
    case trying(rate: Double)
    case resting(rate: Double, hasBeenOfUse: Bool)
  }

  private var state = State.watching
  private var windowBegan = MonotonicTime(nanoseconds: 0)
  private var turns = 0
  private var calls = 0
  /// When the next trial may begin.
  private var nextTrial = MonotonicTime(nanoseconds: 0)

  package init() {}

  /// A turn of the loop has ended in which `calls` calls came, which may be none.
  package mutating func turnEnded(calls count: Int, now: MonotonicTime) -> OnTurn {
    guard count > 0 else { return .goOn }
    turns += 1
    calls += count
    switch state {
    case .trying(let rate):
      guard let current = callRate(over: Self.trialWindow, now: now) else { return .rest }
      // Half, because what comes in a few milliseconds varies.
      guard current * 2 >= rate else { return giveUp(for: Self.longPatience, now: now) }
      state = .resting(rate: rate, hasBeenOfUse: false)
      startWindow(now: now)
      return .rest
    case .resting(let rate, let hasBeenOfUse):
      let window = hasBeenOfUse ? Self.longWindow : Self.window
      guard let current = callRate(over: window, now: now) else { return .rest }
      let isSlower = current < rate * 0.75
      let isWorthwhile = calls >= turns * Self.worthwhileCalls
      guard isWorthwhile, !isSlower else {
        return giveUp(for: hasBeenOfUse ? Self.shortPatience : Self.longPatience, now: now)
      }
      state = .resting(rate: current, hasBeenOfUse: true)
      startWindow(now: now)
      return .rest
    case .watching:
      guard let current = callRate(over: Self.window, now: now) else { return .goOn }
      let isBusy = turns >= Self.busyTurns
      startWindow(now: now)
      guard isBusy, now >= nextTrial else { return .goOn }
      state = .trying(rate: current)
      return .rest
    }
  }

  private mutating func giveUp(for patience: UInt64, now: MonotonicTime) -> OnTurn {
    state = .watching
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
