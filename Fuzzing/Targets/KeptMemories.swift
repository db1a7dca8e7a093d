internal import HTTPClient
internal import Scaling
internal import Time

@testable internal import StateDirectory

extension FuzzTarget {
  /// What another replica says (`/api/v1/memory`, `/api/v1/memory/files`,
  /// `/api/v1/memory/forecasts`), and a line of the state
  /// directory's memory whose checksum is right.
  static let keptMemory = FuzzTarget("kept-memory", maxLength: 8192) { bytes throws(Broken) in
    let now = Instant(milliseconds: 1_800_000_000_000)
    if let found = try? MemoryReport.policies(in: bytes, at: now) {
      try requireSound(found)
      try require(
        (try? MemoryReport.policies(in: MemoryReport.text(of: found, at: now), at: now))?.count
          == found.count, "what was read is not read again")
    }
    if let found = try? FileReport.files(in: bytes) {
      try require(
        (try? FileReport.files(in: FileReport.text(of: found))) == found,
        "files are told differently")
    }
    if let found = try? LearntStateReport.states(in: bytes) {
      try require(
        (try? LearntStateReport.states(in: LearntStateReport.text(of: found))) == found,
        "learnt states are told differently")
    }
    var contents = MemoryJournal.Contents()
    _ = MemoryJournal.take(JournalLine.text(of: bytes).dropLast(), into: &contents)
    try requireSound(contents.restored(at: now, maxAge: .seconds(3600)))
  }

  private static func requireSound(_ policies: [String: PolicyMemory]) throws(Broken) {
    for memory in policies.values {
      for signal in memory.signals.values {
        try require(
          (0...Int(Int32.max)).contains(signal.replicas), "\(signal.replicas) replicas")
        try require(signal.value?.isFinite != false, "a value that is not finite")
      }
    }
  }
}
