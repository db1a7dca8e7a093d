internal import Scaling
internal import Time

/// Turns what happens into events and series of events, at a bounded rate. Pure.
///
/// The same thing happening to the same object again within six minutes makes the event a series
/// (`events.k8s.io/v1`), of which the count is written at most every ten seconds. New events draw on
/// a budget: a thousand broken objects do not become a thousand writes at once.
struct EventSeries {
  enum Order: Hashable {
    /// Write a new event of that name.
    case create(name: String, EventNote, at: Instant)
    /// Write how often it has happened, and when last.
    case update(name: String, namespace: String, count: Int, last: Instant)
    /// It will be written later, or is counted with others.
    case none
    /// The budget is spent.
    case drop
  }

  private struct Entry {
    var name: String
    var namespace: String
    var count: Int
    var last: Instant
    /// Of the monotonic clock.
    var seenAt: Duration
    var writtenAt: Duration
    var writtenCount: Int
  }

  private var entries: [EventNote: Entry] = [:]
  private var budget = TokenBucket(
    capacity: EventSeries.burst, perSecond: EventSeries.rate, now: .start)
  private var serial: UInt64 = 0

  /// As client-go finishes a series.
  static let longestPause = Duration.seconds(360)
  static let updateInterval = Duration.seconds(10)
  /// Events at once, and per second in the long run.
  static let burst = 50
  static let rate = 2.0
  /// Series that are remembered.
  static let maximumCount = 4096

  /// - Parameters:
  ///   - now: Of a monotonic clock.
  ///   - wallClock: What the event says.
  mutating func happened(_ note: EventNote, now: Duration, wallClock: Instant) -> Order {
    var note = note
    // Another version of the object is the same object.
    note.regarding.resourceVersion = ""
    if var entry = entries[note], now - entry.seenAt < Self.longestPause {
      entry.count = min(entry.count + 1, Int(Int32.max))
      entry.last = wallClock
      entry.seenAt = now
      entries[note] = entry
      return write(note, now: now)
    }
    guard budget.take(now: .start.advanced(by: now)) else { return .drop }
    makeRoom(now: now)
    serial += 1
    let name = Self.name(of: note.regarding, wallClock, serial: serial)
    entries[note] = Entry(
      name: name, namespace: note.regarding.namespace ?? "default", count: 1, last: wallClock,
      seenAt: now, writtenAt: now, writtenCount: 1)
    return .create(name: name, note, at: wallClock)
  }

  /// Counts that have not been written for long enough.
  mutating func due(now: Duration) -> [Order] {
    entries = entries.filter {
      now - $0.value.seenAt < Self.longestPause || $0.value.count > $0.value.writtenCount
    }
    let waiting = entries.filter { $0.value.count > $0.value.writtenCount }.keys
    return waiting.map { write($0, now: now) }.filter { $0 != .none }
  }

  /// The event could not be written, or is gone: the next time makes a new one.
  mutating func lost(name: String) {
    entries = entries.filter { $0.value.name != name }
  }

  // MARK: Private

  private mutating func write(_ note: EventNote, now: Duration) -> Order {
    guard var entry = entries[note], now - entry.writtenAt >= Self.updateInterval else {
      return .none
    }
    entry.writtenAt = now
    entry.writtenCount = entry.count
    entries[note] = entry
    return .update(
      name: entry.name, namespace: entry.namespace, count: entry.count, last: entry.last)
  }

  private mutating func makeRoom(now: Duration) {
    guard entries.count >= Self.maximumCount else { return }
    let oldest = entries.min { $0.value.seenAt < $1.value.seenAt }
    if let oldest { entries[oldest.key] = nil }
  }

  /// The object's name and a number, as client-go names events: unique, and a DNS subdomain.
  private static func name(
    of object: ObjectReference, _ wallClock: Instant, serial: UInt64
  ) -> String {
    let isNameByte: (UInt8) -> Bool = {
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
    }
    var stem = object.name.utf8.prefix(200)
    while let last = stem.last, !isNameByte(last) { stem = stem.dropLast() }
    let number = UInt64(bitPattern: wallClock.milliseconds) << 16 | serial & 0xFFFF
    return "\(String(decoding: stem, as: UTF8.self)).\(String(number, radix: 16))"
  }
}
