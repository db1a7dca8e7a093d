/// Reads the entries of a `HistoryBlock`, each as a change to the decision before it.
struct HistoryReader {
  let bytes: [UInt8]
  let texts: [String]
  private var offset = 0

  init(bytes: [UInt8], texts: [String]) {
    self.bytes = bytes
    self.texts = texts
  }

  /// - Returns: false at the end.
  mutating func readEntry(into decision: inout Decision) -> Bool {
    guard let delay = readVarint(), let head = readVarint() else { return false }
    decision.at = decision.at.advanced(byMilliseconds: Int64(clamping: delay))
    if head & 1 != 0 {
      guard let outcome = readOutcome() else { return false }
      decision.outcome = outcome
    }
    if head & 2 != 0 {
      guard let winner = readCount() else { return false }
      decision.winner = winner == 0 ? nil : winner - 1
    }
    if head & 4 != 0 {
      guard let limits = readLimits(at: decision.at) else { return false }
      decision.appliedLimits = limits
    }
    for index in decision.contributions.indices {
      if index < 61, head & (8 << UInt64(index)) == 0 {
        age(&decision.contributions[index], to: decision.at)
      } else if !readSignal(into: &decision.contributions[index], at: decision.at) {
        return false
      }
    }
    return true
  }

  /// A signal that did not change: what was known of it then is not what was known now.
  private func age(_ contribution: inout Contribution, to now: Instant) {
    contribution.value = nil
    if let peak = contribution.peak, peak < now { contribution.peak = now }
  }

  private mutating func readOutcome() -> Decision.Outcome? {
    guard let count = readCount() else { return nil }
    guard count == 0 else { return .replicas(count - 1) }
    return readText().map { .unavailable(reason: $0) }
  }

  private mutating func readLimits(at now: Instant) -> [Decision.AppliedLimit]? {
    guard let count = readCount() else { return nil }
    var limits: [Decision.AppliedLimit] = []
    for _ in 0..<min(count, bytes.count) {
      guard let limit = readLimit(at: now) else { return nil }
      limits.append(limit)
    }
    return limits
  }

  private mutating func readLimit(at now: Instant) -> Decision.AppliedLimit? {
    guard let tag = readByte(), let replicas = readCount() else { return nil }
    switch tag {
    case 0:
      guard let signal = readText(), let rule = readText() else { return nil }
      return .cap(signal: signal, rule: rule, replicas: replicas)
    case 1:
      guard let ahead = readVarint() else { return nil }
      return .hold(
        replicas: replicas, until: now.advanced(byMilliseconds: Int64(clamping: ahead)))
    case 2: return .minReplicas(replicas)
    case 3: return .maxReplicas(replicas)
    default:
      guard let cause = readByte().flatMap(Decision.Activity.Cause.init), let age = readVarint(),
        let ahead = readVarint()
      else { return nil }
      return .activity(
        replicas: replicas, cause: cause,
        since: now.advanced(byMilliseconds: 0 - Int64(clamping: age)),
        until: ahead == 0 ? nil : now.advanced(byMilliseconds: Int64(clamping: ahead - 1)))
    }
  }

  private mutating func readSignal(into contribution: inout Contribution, at now: Instant) -> Bool {
    guard let raw = readByte() else { return false }
    let facts = SignalFacts(rawValue: raw)
    contribution.state = facts.state
    contribution.replicas = facts.contains(.replicas) ? readCount() : nil
    contribution.value = facts.contains(.value) ? readNumber() : nil
    contribution.rule = facts.contains(.rule) ? readText() : nil
    contribution.peak = contribution.replicas == nil ? nil : now
    if facts.contains(.peak) {
      guard let ahead = readVarint() else { return false }
      contribution.peak = now.advanced(byMilliseconds: Int64(clamping: ahead))
    }
    contribution.problem = facts.contains(.problem) ? readText() : nil
    return true
  }

  // MARK: Elements

  private mutating func readByte() -> UInt8? {
    guard offset < bytes.count else { return nil }
    defer { offset += 1 }
    return bytes[offset]
  }

  private mutating func readVarint() -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      guard let byte = readByte() else { return nil }
      value |= UInt64(byte & 0x7F) << shift
      if byte & 0x80 == 0 { return value }
    }
    return nil
  }

  private mutating func readCount() -> Int? {
    readVarint().map { Int(clamping: $0) }
  }

  private mutating func readText() -> String? {
    guard let index = readCount(), texts.indices.contains(index) else { return nil }
    return texts[index]
  }

  private mutating func readNumber() -> Double? {
    guard let first = readByte(), let second = readByte(), let third = readByte() else {
      return nil
    }
    return ShortNumber.value(first, second, third)
  }
}
