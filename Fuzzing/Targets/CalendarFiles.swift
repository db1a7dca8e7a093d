internal import ICalendar
internal import Scaling
internal import Time

extension FuzzTarget {
  /// An iCalendar file: what it costs is bounded, and its events are in order.
  static let calendar = FuzzTarget("calendar", maxLength: 4096) { _ in
    let zones = FewZones()
    return { bytes throws(Broken) in
      let reading: CalendarReading
      do throws(CalendarProblem) {
        reading = try CalendarFile.read(bytes, zones: zones)
      } catch {
        return try requireSentence(error.description, limit: 500)
      }
      for finding in reading.findings { try requireSentence(finding, limit: 1000) }
      let days = reading.events.days
      for (one, next) in zip(days, days.dropFirst()) {
        try require(one.upperBound + 1 < next.lowerBound, "days overlap, or are not in order")
      }
      let spans = reading.events.spans
      for (one, next) in zip(spans, spans.dropFirst()) {
        try require(one.to < next.from, "events overlap, or are not in order")
      }
      try require(
        try CalendarFileAgain.read(bytes, zones) == reading, "the same file says something else")
    }
  }
}

/// The same once more.
private enum CalendarFileAgain {
  static func read(_ bytes: [UInt8], _ zones: FewZones) throws(Broken) -> CalendarReading {
    do throws(CalendarProblem) {
      return try CalendarFile.read(bytes, zones: zones)
    } catch {
      throw Broken("the same file is refused")
    }
  }
}
