internal import Scaling
internal import Time

/// Knows of every object which status it has and which it should have, and when it may be written.
/// Pure.
///
/// A status is written when it has changed, and at most once in ten seconds per object; but whether an
/// ElastiService's workload is up is written at once, because proxies go by it. What it has
/// is what Headstart wrote last, or else what the API server says: another controller that writes
/// the same status is not fought.
struct StatusBook {
  /// One status to write.
  struct Write: Hashable {
    var review: ObjectReview
    var patch: JSONValue
    /// Set where the object has become invalid, or valid again: the condition that says so.
    var announcement: Condition?
  }

  private struct Entry {
    var review: ObjectReview
    var facts = ObjectFacts()
    /// What Headstart wrote last; nil before the first time.
    var written: JSONValue?
    /// Not before then, of the monotonic clock.
    var notBefore = Duration.zero
    /// The same for what is urgent.
    var notEvenBefore = Duration.zero
    var isUnderWay = false
    /// When the status that was written becomes wrong by itself.
    var staleAt: Instant?
    /// When it was seen first, of the monotonic clock.
    let seenAt: Duration

    /// Whether there is something to tell: an object in force whose first decision is still to be
    /// made would be called pending for a moment, at every start.
    func isSettled(at now: Duration) -> Bool {
      facts.decision != nil || facts.source != nil || !review.isInForce
        || now - seenAt >= StatusBook.patience
    }

    /// The status as it stands.
    var present: JSONValue? { written ?? review.status }
  }

  private var entries: [ObjectID: Entry] = [:]
  private var dirty: Set<ObjectID> = []
  /// Those of `dirty` that do not wait for the interval.
  private var urgent: Set<ObjectID> = []

  /// Between two writes of one object that are urgent.
  static let urgentInterval = Duration.milliseconds(500)
  static let interval = Duration.seconds(10)
  /// How long an object may be pending before it is called so.
  static let patience = Duration.seconds(10)
  /// After a failed write.
  static let retryInterval = Duration.seconds(30)

  var count: Int { entries.count }

  /// A new or changed object, or another finding about it.
  mutating func reviewed(_ review: ObjectReview, now: Duration) {
    var entry = entries[review.id] ?? Entry(review: review, seenAt: now)
    if entry.review.reference.uid != review.reference.uid {
      // Another object of the same name, of which the same may have been decided already.
      entry = Entry(review: review, facts: entry.facts, seenAt: now)
    }
    entry.review = review
    entries[review.id] = entry
    dirty.insert(review.id)
  }

  mutating func removed(_ id: ObjectID) {
    entries[id] = nil
    dirty.remove(id)
    urgent.remove(id)
  }

  /// Something has been decided or done. Does nothing for objects that are not known.
  mutating func learned(_ id: ObjectID, _ change: (inout ObjectFacts) -> Void) {
    guard var facts = entries[id]?.facts else { return }
    change(&facts)
    guard let before = entries[id]?.facts, facts != before else { return }
    if id.kind == "ElastiService", facts.isUp != before.isUp { urgent.insert(id) }
    entries[id]?.facts = facts
    dirty.insert(id)
  }

  /// Every status may have been written by another meanwhile: begins with what the server has.
  mutating func becameWriter() {
    for id in entries.keys {
      entries[id]?.written = nil
      dirty.insert(id)
    }
  }

  /// What is to be written now.
  ///
  /// - Parameters:
  ///   - limit: of the objects that are looked at, most of which may have the status that they
  ///     should: finding out the next change of thousands at once would hold up the loop.
  ///   - now: Of the monotonic clock.
  ///   - nextChange: Asked only for what may be written.
  mutating func due(
    limit: Int, now: Duration, wallClock: Instant,
    nextChange: (ObjectID) -> ObjectStatus.NextChange?
  ) -> [Write] {
    for (id, entry) in entries where entry.staleAt.map({ $0 <= wallClock }) ?? false {
      dirty.insert(id)
    }
    var writes: [Write] = []
    var examined = 0
    for id in Array(urgent) + dirty.subtracting(urgent) {
      guard examined < limit else { break }
      guard let entry = entries[id], !entry.isUnderWay, entry.isSettled(at: now),
        (urgent.contains(id) ? entry.notEvenBefore : entry.notBefore) <= now
      else { continue }
      examined += 1
      dirty.remove(id)
      urgent.remove(id)
      let change = nextChange(id)
      let status = ObjectStatus(
        of: entry.review, facts: entry.facts, nextChange: change, previous: entry.present,
        now: wallClock)
      entries[id]?.staleAt = change?.at
      guard let patch = status.patch(from: entry.present) else { continue }
      writes.append(
        Write(
          review: entry.review, patch: patch,
          announcement: Self.announcement(status.accepted, present: entry.present)))
      entries[id]?.isUnderWay = true
      entries[id]?.notBefore = now + Self.interval
      entries[id]?.notEvenBefore = now + Self.urgentInterval
      entries[id]?.written = Self.merged(entry.present, status.members)
    }
    return writes
  }

  mutating func written(_ id: ObjectID) {
    entries[id]?.isUnderWay = false
  }

  /// A write has failed.
  ///
  /// - Parameter repeats: Whether it is tried again.
  mutating func failed(_ id: ObjectID, repeats: Bool, now: Duration) {
    guard entries[id] != nil else { return }
    entries[id]?.isUnderWay = false
    guard repeats else { return }
    entries[id]?.written = nil
    entries[id]?.notBefore = now + Self.retryInterval
    entries[id]?.notEvenBefore = now + Self.retryInterval
    dirty.insert(id)
  }

  // MARK: Private

  /// An event is due where Accepted becomes false, says something else, or becomes true again; not
  /// for every object that is fine from the start.
  private static func announcement(_ accepted: Condition, present: JSONValue?) -> Condition? {
    let previous = present?["conditions"]?.elements.first {
      $0["type"]?.text == accepted.kind.rawValue
    }
    let truth = previous?["status"]?.text
    switch accepted.truth {
    case .no:
      let isKnown = truth == "False" && previous?["message"]?.text == accepted.message
      return isKnown ? nil : accepted
    case .yes, .unknown: return truth == "False" ? accepted : nil
    }
  }

  private static func merged(_ status: JSONValue?, _ members: [JSONValue.Member]) -> JSONValue {
    var merged = status ?? [:]
    for member in members {
      merged.set(member.key, member.value == .null ? nil : member.value)
    }
    return merged
  }
}
