/// A stretch of one policy's decisions, encoded.
///
/// The first entry says everything; each later one says what differs from the one before it:
///
///     entry  = delay head [outcome] [winner] [limits] signal…
///     delay  = milliseconds since the entry before, as a varint
///     head   = varint: bit 0 outcome, bit 1 winner, bit 2 limits changed, then one bit per signal
///     signal = facts [replicas] [value] [rule] [peak] [problem]
///
/// Kept of a changed signal: state, replicas, the query's value to five digits, the rule, how far
/// ahead the peak lay, the problem. Not kept: ages of data, and values that moved without changing
/// what the signal asks for. Texts are numbered; each is kept once.
struct HistoryBlock: Sendable {
  /// Names and kinds of the signals, in the policy's order. A policy that is edited begins a block.
  private let signals: [SignalIdentity]
  let start: Instant
  /// When the last entry was made.
  private(set) var end: Instant
  private var bytes: [UInt8] = []
  private var texts: [String] = []

  struct SignalIdentity: Hashable, Sendable {
    let name: String
    let kind: Contribution.Kind
  }

  /// Small enough that dropping the oldest block loses little, large enough that its first entry
  /// and its texts cost little.
  private static let capacity = 1024
  /// Bytes that most entries do not pass.
  private static let usualEntry = 24
  /// Texts are found by looking through them.
  private static let maxTexts = 64

  /// - Parameter notBefore: the end of the block before: a clock that was set back must not make
  ///   entries run backwards.
  init(_ decision: Decision, notBefore: Instant = .distantPast) {
    signals = decision.contributions.map { SignalIdentity(name: $0.signal, kind: $0.kind) }
    start = max(decision.at, notBefore)
    end = start
    write(decision, after: nil)
  }

  /// - Returns: false when the block is full or the policy now has other signals, and a new block
  ///   has to begin.
  mutating func append(_ decision: Decision, after previous: Decision) -> Bool {
    guard bytes.count < Self.capacity, texts.count < Self.maxTexts,
      decision.contributions.count == signals.count,
      previous.contributions.count == signals.count,
      zip(decision.contributions, signals).allSatisfy({ $0.signal == $1.name && $0.kind == $1.kind }
      )
    else { return false }
    write(decision, after: previous)
    return true
  }

  var byteCount: Int {
    texts.reduce(bytes.count) { $0 + $1.utf8.count + MemoryLayout<String>.size }
  }

  /// The decisions, as far as they are kept. An unchanged signal has no value.
  func decisions(of policy: ResourceName) -> [Decision] {
    var reader = HistoryReader(bytes: bytes, texts: texts)
    var decisions: [Decision] = []
    var current = Decision(
      policy: policy, at: start, outcome: .unavailable(reason: ""),
      contributions: signals.map {
        Contribution(signal: $0.name, kind: $0.kind, state: .unavailable)
      }, winner: nil, appliedLimits: [], validUntil: .distantFuture, memory: Decision.Memory())
    while reader.readEntry(into: &current) { decisions.append(current) }
    return decisions
  }

  // MARK: Writing

  private mutating func write(_ decision: Decision, after previous: Decision?) {
    // In small steps: an array that doubles leaves up to half of it unused, in each of thousands of
    // histories.
    if bytes.capacity < bytes.count + Self.usualEntry {
      bytes.reserveCapacity(bytes.count + 4 * Self.usualEntry)
    }
    let at = max(decision.at, end)
    var head: UInt64 = 0
    let newOutcome = decision.replicas != previous?.replicas || previous == nil
    let newWinner = decision.winner != previous?.winner
    let newLimits = decision.appliedLimits != previous?.appliedLimits ?? []
    if newOutcome { head |= 1 }
    if newWinner { head |= 2 }
    if newLimits { head |= 4 }
    var changed: [Int] = []
    // A policy with more signals than bits repeats those beyond them in every entry.
    for (index, contribution) in decision.contributions.enumerated() {
      if let previous, index < 61, !contribution.differs(from: previous.contributions[index]) {
        continue
      }
      changed.append(index)
      if index < 61 { head |= 8 << UInt64(index) }
    }
    bytes.appendVarint(UInt64(clamping: end.duration(to: at).milliseconds))
    bytes.appendVarint(head)
    if newOutcome { write(decision.outcome) }
    if newWinner { bytes.appendVarint(UInt64((decision.winner ?? -1) + 1)) }
    if newLimits { write(decision.appliedLimits, at: at) }
    for index in changed { write(decision.contributions[index], at: at) }
    end = at
  }

  private mutating func write(_ outcome: Decision.Outcome) {
    switch outcome {
    case .replicas(let count):
      bytes.appendVarint(UInt64(clamping: count) &+ 1)
    case .unavailable(let reason):
      bytes.appendVarint(0)
      write(text: reason)
    }
  }

  private mutating func write(_ limits: [Decision.AppliedLimit], at now: Instant) {
    bytes.appendVarint(UInt64(limits.count))
    for limit in limits {
      switch limit {
      case .cap(let signal, let rule, let replicas):
        bytes.append(0)
        bytes.appendVarint(UInt64(clamping: replicas))
        write(text: signal)
        write(text: rule)
      case .hold(let replicas, let until):
        bytes.append(1)
        bytes.appendVarint(UInt64(clamping: replicas))
        bytes.appendVarint(UInt64(clamping: now.duration(to: until).milliseconds))
      case .minReplicas(let replicas):
        bytes.append(2)
        bytes.appendVarint(UInt64(clamping: replicas))
      case .maxReplicas(let replicas):
        bytes.append(3)
        bytes.appendVarint(UInt64(clamping: replicas))
      case .activity(let replicas, let cause, let since, let until):
        bytes.append(4)
        bytes.appendVarint(UInt64(clamping: replicas))
        bytes.append(cause.rawValue)
        bytes.appendVarint(UInt64(clamping: since.duration(to: now).milliseconds))
        let ahead = until.map { UInt64(clamping: now.duration(to: $0).milliseconds) &+ 1 }
        bytes.appendVarint(ahead ?? 0)
      }
    }
  }

  private mutating func write(_ contribution: Contribution, at now: Instant) {
    var facts = SignalFacts(state: contribution.state)
    let ahead = contribution.peak.map { now.duration(to: $0).milliseconds } ?? 0
    if contribution.replicas != nil { facts.insert(.replicas) }
    if contribution.value != nil { facts.insert(.value) }
    if contribution.rule != nil { facts.insert(.rule) }
    if ahead > 0 { facts.insert(.peak) }
    if contribution.problem != nil { facts.insert(.problem) }
    bytes.append(facts.rawValue)
    if let replicas = contribution.replicas { bytes.appendVarint(UInt64(clamping: replicas)) }
    if let value = contribution.value { bytes.append(contentsOf: ShortNumber.bytes(of: value)) }
    if let rule = contribution.rule { write(text: rule) }
    if ahead > 0 { bytes.appendVarint(UInt64(ahead)) }
    if let problem = contribution.problem { write(text: problem) }
  }

  private mutating func write(text: String) {
    if let index = texts.firstIndex(of: text) {
      bytes.appendVarint(UInt64(index))
    } else {
      bytes.appendVarint(UInt64(texts.count))
      texts.append(text)
    }
  }
}

/// Which facts of a signal follow, and its state.
struct SignalFacts: OptionSet {
  let rawValue: UInt8
  static let replicas = SignalFacts(rawValue: 1 << 2)
  static let value = SignalFacts(rawValue: 1 << 3)
  static let rule = SignalFacts(rawValue: 1 << 4)
  static let peak = SignalFacts(rawValue: 1 << 5)
  static let problem = SignalFacts(rawValue: 1 << 6)
}

extension SignalFacts {
  init(state: Contribution.State) {
    switch state {
    case .fresh: self.init(rawValue: 0)
    case .held: self.init(rawValue: 1)
    case .unavailable: self.init(rawValue: 2)
    }
  }

  /// The two low bits.
  var state: Contribution.State {
    switch rawValue & 3 {
    case 0: .fresh
    case 1: .held
    default: .unavailable
    }
  }
}

/// A number to five digits in three bytes: the upper 24 bits of an IEEE 754 single.
enum ShortNumber {
  static func bytes(of value: Double) -> [UInt8] {
    // Half of the part that is cut off, so that it rounds to nearest; not into infinity.
    let bits = Float(value).bitPattern
    let rounded = bits & 0x7FFF_FFFF < 0x7F7F_FF00 ? bits &+ 0x80 : bits
    return [UInt8(rounded >> 24), UInt8(rounded >> 16 & 0xFF), UInt8(rounded >> 8 & 0xFF)]
  }

  static func value(_ first: UInt8, _ second: UInt8, _ third: UInt8) -> Double {
    let value = Double(
      Float(bitPattern: UInt32(first) << 24 | UInt32(second) << 16 | UInt32(third) << 8))
    guard value.isFinite, value != 0 else { return value }
    // To the five digits that are meant: 241.5 and not 241.50000762939453.
    var scale = 1.0
    var size = abs(value)
    while size < 10_000, scale < 1e12 {
      size *= 10
      scale *= 10
    }
    return (value * scale).rounded() / scale
  }
}

extension [UInt8] {
  /// LEB128: seven bits a byte, the lowest first.
  fileprivate mutating func appendVarint(_ value: UInt64) {
    var rest = value
    while rest > 0x7F {
      append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    append(UInt8(rest))
  }
}
