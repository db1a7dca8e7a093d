/// The lines of an iCalendar file that matter, unfolded (RFC 5545, section 3.1), for libical.
///
/// Its parser is written for files that mean well. It is given the few properties that are used, in
/// components nested as they should be and no others, so that what a hostile file could hold of
/// attachments, alarms and depth never gets there.
struct CalendarLines {
  /// Ends with a line feed.
  private(set) var text: [UInt8] = []
  /// What `X-WR-TIMEZONE` says; nil where it is not there.
  private(set) var timeZone: String?
  /// Where the events begin, in order, counted from 1.
  private(set) var eventLines: [Int] = []
  /// Of the line that is being taken.
  private var number = 0
  private var zoneCount = 0
  private var observanceCount = 0
  /// The components that are open, and how many of those inside are passed over.
  private var open: [Component] = []
  private var skipped = 0

  private enum Component: String {
    case calendar = "VCALENDAR"
    case event = "VEVENT"
    case zone = "VTIMEZONE"
    case standard = "STANDARD"
    case daylight = "DAYLIGHT"

    func holds(_ inner: Component) -> Bool {
      switch self {
      case .calendar: inner == .event || inner == .zone
      case .zone: inner == .standard || inner == .daylight
      case .event, .standard, .daylight: false
      }
    }

    var properties: Set<String> {
      switch self {
      case .calendar: []
      case .event:
        [
          "UID", "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "EXRULE",
          "RECURRENCE-ID", "STATUS", "SUMMARY",
        ]
      case .zone: ["TZID"]
      case .standard, .daylight: ["DTSTART", "TZOFFSETFROM", "TZOFFSETTO", "RRULE", "RDATE"]
      }
    }
  }

  init(_ bytes: [UInt8]) throws(CalendarProblem) {
    guard bytes.count <= CalendarLimits.size else {
      throw CalendarProblem(
        "expected at most \(CalendarLimits.size >> 20) MiB, found \(bytes.count) bytes")
    }
    guard !bytes.starts(with: [0xFF, 0xFE]), !bytes.starts(with: [0xFE, 0xFF]) else {
      throw CalendarProblem("expected an iCalendar file in UTF-8, found UTF-16; save it as UTF-8")
    }
    var start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    while start < bytes.count, bytes[start] <= 0x20 { start += 1 }
    guard bytes[start...].prefix(15).lowercasedASCII == "begin:vcalendar" else {
      throw CalendarProblem(
        "expected an iCalendar file, which begins with BEGIN:VCALENDAR, found"
          + " \(bytes[start...].isEmpty ? "nothing" : "\"\(bytes[start...].beginning)\"")")
    }
    guard !bytes.contains(0) else { throw CalendarProblem("expected text, found a byte of 0") }
    number = bytes[..<start].count { $0 == 0x0A }
    try unfold(bytes[start...])
    guard open.isEmpty, skipped == 0 else {
      throw CalendarProblem(
        "the file ends inside of \(open.last?.rawValue ?? "a component"); it is not complete")
    }
  }

  private mutating func unfold(_ bytes: ArraySlice<UInt8>) throws(CalendarProblem) {
    var line: [UInt8] = []
    var physicalNumber = number
    var index = bytes.startIndex
    while index < bytes.endIndex {
      let end = bytes[index...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.endIndex
      var physical = bytes[index..<end]
      if physical.last == UInt8(ascii: "\r") { physical.removeLast() }
      index = end < bytes.endIndex ? end + 1 : end
      physicalNumber += 1
      if let first = physical.first, first == 0x20 || first == 0x09 {
        // One byte more is enough to know that the line is too long.
        line += physical.dropFirst().prefix(max(CalendarLimits.line + 1 - line.count, 0))
      } else {
        try take(line)
        number = physicalNumber
        line = Array(physical.prefix(CalendarLimits.line + 1))
      }
    }
    try take(line)
  }

  private mutating func take(_ line: [UInt8]) throws(CalendarProblem) {
    guard !line.isEmpty else { return }
    let name = line.prefix { $0 != UInt8(ascii: ":") && $0 != UInt8(ascii: ";") }
      .prefix(40).uppercasedASCII
    switch name {
    case "BEGIN": try begin(line)
    case "END": try end(line)
    case "X-WR-TIMEZONE" where open == [.calendar] && skipped == 0:
      let value = line.dropFirst(name.utf8.count + 1).prefix(100)
      timeZone = String(decoding: value, as: UTF8.self)
    default:
      guard skipped == 0, open.last?.properties.contains(name) == true else { return }
      guard line.count <= CalendarLimits.line else {
        throw CalendarProblem(
          "expected a \(name) of at most \(CalendarLimits.line >> 10) KiB, found a longer one")
      }
      if name == "RRULE", open.last != .event { try requireYearly(line) }
      append(line)
    }
  }

  /// A clock changes on some days of a year: any other rule of a zone would be walked over for ever.
  private func requireYearly(_ line: [UInt8]) throws(CalendarProblem) {
    let rule = line.uppercasedASCII
    let isFine = ["BYHOUR", "BYMINUTE", "BYSECOND", "BYSETPOS"].contains { rule.contains($0) }
    guard rule.contains("FREQ=YEARLY"), !isFine else {
      throw CalendarProblem(
        "expected the changes of a time zone to be FREQ=YEARLY, by month and day, found another rule"
      )
    }
  }

  private mutating func begin(_ line: [UInt8]) throws(CalendarProblem) {
    let component = Component(rawValue: Self.value(of: line))
    guard skipped == 0, let component, open.last?.holds(component) ?? (component == .calendar)
    else {
      skipped += 1
      return
    }
    switch component {
    case .event: eventLines.append(number)
    case .zone:
      zoneCount += 1
      observanceCount = 0
    case .standard, .daylight: observanceCount += 1
    case .calendar: break
    }
    guard eventLines.count <= CalendarLimits.events else {
      throw CalendarProblem("expected at most \(CalendarLimits.events) events, found more")
    }
    guard zoneCount <= CalendarLimits.zones, observanceCount <= CalendarLimits.observances else {
      throw CalendarProblem("it defines more time zones, or more changes of one, than there are")
    }
    open.append(component)
    append(Array("BEGIN:\(component.rawValue)".utf8))
  }

  private mutating func end(_ line: [UInt8]) throws(CalendarProblem) {
    guard skipped == 0 else {
      skipped -= 1
      return
    }
    let found = Self.value(of: line)
    guard let last = open.last, last.rawValue == found else {
      throw CalendarProblem(
        "expected \(open.last.map { "END:\($0.rawValue)" } ?? "BEGIN:VCALENDAR"),"
          + " found \"END:\(found)\"")
    }
    open.removeLast()
    append(Array("END:\(found)".utf8))
  }

  private mutating func append(_ line: [UInt8]) {
    // libical takes a carriage return inside of a line for its end.
    text += line.map { $0 == 0x0D ? 0x20 : $0 }
    text.append(UInt8(ascii: "\n"))
  }

  /// What stands after the first colon, for a name of a component.
  private static func value(of line: [UInt8]) -> String {
    let value = line.drop { $0 != UInt8(ascii: ":") }.dropFirst().prefix(40)
    return value.filter { $0 > 0x20 && $0 < 0x7F }.uppercasedASCII
  }
}

extension Sequence<UInt8> {
  fileprivate var uppercasedASCII: String {
    String(decoding: Array(self), as: UTF8.self).uppercased()
  }

  fileprivate var lowercasedASCII: String {
    String(decoding: Array(self), as: UTF8.self).lowercased()
  }
}

extension ArraySlice<UInt8> {
  /// For an error: what is printable of the first line.
  fileprivate var beginning: String {
    String(
      decoding: prefix { $0 != 0x0A }.prefix(40).filter { $0 >= 0x20 && $0 < 0x7F }, as: UTF8.self)
  }
}
