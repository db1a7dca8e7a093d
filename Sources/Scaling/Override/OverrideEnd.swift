package import Time

/// Reads until when an override shall last.
package enum OverrideEnd {
  /// Why a time cannot be taken, one sentence.
  package struct Problem: Error, Hashable, Sendable {
    package let sentence: String
  }

  /// `18:00` is the next time that the clock of the zone shows it. Also `2026-11-30 18:00` by the
  /// same clock, and RFC 3339 with an offset.
  ///
  /// Of an hour that the clock skips the end is the change, and of one that it repeats the second.
  package static func instant(
    _ text: String, in zone: any TimeZoneRules, at now: Instant
  ) throws(Problem) -> Instant {
    if let instant = try? Instant(rfc3339: text) { return try checked(instant, text, at: now) }
    let parts = text.split(separator: text.contains("T") ? "T" : " ").map(String.init)
    guard let last = parts.last, let time = time(last), parts.count <= 2 else {
      throw unreadable(text, in: zone, at: now)
    }
    guard parts.count == 2 else {
      let today = zone.date(at: now)
      for days in 0...2 {
        let end = latest(zone.instants(of: today.advanced(byDays: days), time))
        if end > now { return end }
      }
      throw unreadable(text, in: zone, at: now)
    }
    guard let date = date(parts[0]) else { throw unreadable(text, in: zone, at: now) }
    return try checked(latest(zone.instants(of: date, time)), text, at: now)
  }

  /// The end after a duration.
  package static func instant(after text: String, at now: Instant) throws(Problem) -> Instant {
    let duration: Duration
    do {
      duration = try Duration(text: text)
    } catch {
      throw Problem(sentence: "\(error)")
    }
    guard duration > .zero, duration <= Override.Limits.longest else {
      throw Problem(sentence: "\(text) has to be longer than 0s and at most 31d, such as 2h")
    }
    return now.advanced(by: duration)
  }

  private static func checked(
    _ instant: Instant, _ text: String, at now: Instant
  ) throws(Problem) -> Instant {
    guard instant > now else {
      throw Problem(
        sentence: "\"\(text)\" is over: it is \(now.rfc3339) now; a time such as 18:00 is the next"
          + " one")
    }
    guard now.duration(to: instant) <= Override.Limits.longest else {
      throw Problem(
        sentence: "\"\(text)\" is more than 31 days ahead; what holds longer belongs into the"
          + " policy")
    }
    return instant
  }

  /// Proposes tomorrow, so that what it proposes is not over.
  private static func unreadable(
    _ text: String, in zone: any TimeZoneRules, at now: Instant
  ) -> Problem {
    let day = zone.date(at: now).advanced(byDays: 1)
    return Problem(
      sentence:
        "\"\(text.prefix(60))\" has to be a time such as 18:00, \"\(day) 18:00\" (both in the"
        + " policy's time zone) or \(day)T18:00:00Z")
  }

  private static func latest(_ instants: LocalInstants) -> Instant {
    switch instants {
    case .unique(let instant): instant
    case .skipped(let change): change
    case .repeated(_, let second): second
    }
  }

  private static func time(_ text: String) -> TimeOfDay? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, let hour = number(parts[0], digits: 2),
      let minute = number(parts[1], digits: 2), minute < 60
    else { return nil }
    return TimeOfDay(minutes: hour * 60 + minute)
  }

  private static func date(_ text: String) -> CivilDate? {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 3, let year = number(parts[0], digits: 4),
      let month = number(parts[1], digits: 2), let day = number(parts[2], digits: 2)
    else { return nil }
    return CivilDate(year: year, month: month, day: day)
  }

  private static func number(_ text: Substring, digits: Int) -> Int? {
    guard text.utf8.count == digits,
      text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    else { return nil }
    return Int(text)
  }
}

extension Policy {
  /// The zone in which people who deal with the policy tell the time: of its first schedule, or else
  /// of its first built-in forecast; UTC for a policy without either.
  package var timeZone: String {
    for signal in signals {
      if case .schedule(let schedule) = signal.kind { return schedule.timeZone }
    }
    for signal in signals {
      guard case .forecast(let forecast) = signal.kind, case .builtIn(let builtIn) = forecast.origin
      else { continue }
      return builtIn.timeZone
    }
    return "UTC"
  }
}
