/// A text that is not a duration, and why.
package struct InvalidDuration: Error, Hashable, CustomStringConvertible {
  /// One sentence: what was expected and what was found.
  package let description: String
}

extension Duration {
  /// Reads a duration as Go writes it (`1h30m`, `1.5h`, `300ms`), with `d` (24 h) and `w` (7 d)
  /// added.
  ///
  /// The grammar is that of Go's `time.ParseDuration`: an optional sign, then numbers with a unit
  /// each; only `0` may stand without one. Negative durations are read, and it is the caller who
  /// knows whether they make sense. Digits below a nanosecond are dropped.
  ///
  /// - Throws: `InvalidDuration` for anything else, and for more than Go can hold (about 292 years).
  package init(text: String) throws(InvalidDuration) {
    var reader = DurationReader(text: text)
    self = try reader.duration()
  }

  /// The shortest text that reads back as this duration, in the units of Go: `1h30m`, `1m30s`,
  /// `1.5s`, `300ms`, `250µs`, `0s`. Nothing below a nanosecond is shown.
  package var text: String {
    let (seconds, attoseconds) = components
    let nanoseconds = (attoseconds / 1_000_000_000).magnitude
    let sign = seconds < 0 || attoseconds < 0 ? "-" : ""
    let whole = seconds.magnitude
    guard whole > 0 else { return nanoseconds == 0 ? "0s" : sign + Self.subsecond(nanoseconds) }

    var text = sign
    if whole >= 3600 { text += "\(whole / 3600)h" }
    if whole / 60 % 60 > 0 { text += "\(whole / 60 % 60)m" }
    if whole % 60 > 0 || nanoseconds > 0 {
      text += "\(whole % 60)\(Self.fraction(nanoseconds, digits: 9))s"
    }
    return text
  }

  /// This duration as logs and people read it: in whole microseconds below a second, and in whole
  /// milliseconds above, rounded towards zero.
  package var roundedText: String {
    let (seconds, attoseconds) = components
    let unit: Int64 = seconds == 0 ? 1_000_000_000_000 : 1_000_000_000_000_000
    return Duration(
      secondsComponent: seconds, attosecondsComponent: attoseconds - attoseconds % unit
    ).text
  }

  /// This duration without its part below a second, as text; ages and waits read better so.
  package var wholeSecondsText: String {
    Duration.seconds(components.seconds).text
  }

  /// This duration as people say a bound: `7d` rather than `168h`.
  package var daysText: String {
    let (days, rest) = components.seconds.quotientAndRemainder(dividingBy: 86_400)
    return days > 0 && rest == 0 ? "\(days)d" : text
  }

  private static func subsecond(_ nanoseconds: UInt64) -> String {
    if nanoseconds >= 1_000_000 {
      return "\(nanoseconds / 1_000_000)\(fraction(nanoseconds % 1_000_000, digits: 6))ms"
    }
    if nanoseconds >= 1000 {
      return "\(nanoseconds / 1000)\(fraction(nanoseconds % 1000, digits: 3))µs"
    }
    return "\(nanoseconds)ns"
  }

  /// `.25` for 250 of 1000; nothing for 0.
  private static func fraction(_ part: UInt64, digits: Int) -> String {
    guard part > 0 else { return "" }
    var text = String(part)
    text = "." + String(repeating: "0", count: digits - text.count) + text
    while text.last == "0" { text.removeLast() }
    return text
  }
}

/// Reads one duration from front to back, in nanoseconds.
private struct DurationReader {
  private let text: String
  private let bytes: [UInt8]
  private var position = 0

  /// Longest first where one is the beginning of another. `µ` is accepted as U+00B5 and U+03BC.
  private static let units: [(name: [UInt8], nanoseconds: UInt64)] = [
    (Array("ns".utf8), 1), (Array("us".utf8), 1000), (Array("\u{B5}s".utf8), 1000),
    (Array("\u{3BC}s".utf8), 1000), (Array("ms".utf8), 1_000_000),
    (Array("s".utf8), 1_000_000_000), (Array("m".utf8), 60_000_000_000),
    (Array("h".utf8), 3_600_000_000_000), (Array("d".utf8), 86_400_000_000_000),
    (Array("w".utf8), 604_800_000_000_000),
  ]

  init(text: String) {
    self.text = text
    bytes = Array(text.utf8)
  }

  mutating func duration() throws(InvalidDuration) -> Duration {
    var negative = false
    if let sign = bytes.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
      negative = sign == UInt8(ascii: "-")
      position = 1
    }
    if bytes.count == position + 1, bytes[position] == UInt8(ascii: "0") { return .zero }
    guard position < bytes.count else { throw notADuration }

    var total: UInt64 = 0
    while position < bytes.count {
      let (sum, overflow) = total.addingReportingOverflow(try component())
      guard !overflow, sum <= UInt64(Int64.max) else { throw tooLong }
      total = sum
    }
    return .nanoseconds(negative ? -Int64(total) : Int64(total))
  }

  /// One number with its unit.
  private mutating func component() throws(InvalidDuration) -> UInt64 {
    let start = position
    var whole: UInt64 = 0
    while let digit = digit() {
      let (scaled, overflow) = whole.multipliedReportingOverflow(by: 10)
      let (sum, carry) = scaled.addingReportingOverflow(digit)
      guard !overflow, !carry else { throw tooLong }
      whole = sum
    }
    var digits = position - start

    var fraction: UInt64 = 0
    var scale: UInt64 = 1
    if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
      position += 1
      while let digit = digit() {
        digits += 1
        // 15 digits tell nanoseconds of a week apart, and 15 digits times a week fit.
        guard scale < 1_000_000_000_000_000 else { continue }
        fraction = fraction * 10 + digit
        scale *= 10
      }
    }
    guard digits > 0 else { throw notADuration }

    let unit = try unit()
    let (nanoseconds, overflow) = whole.multipliedReportingOverflow(by: unit)
    guard !overflow else { throw tooLong }
    let product = fraction.multipliedFullWidth(by: unit)
    let part = scale.dividingFullWidth(product).quotient
    let (sum, carry) = nanoseconds.addingReportingOverflow(part)
    guard !carry else { throw tooLong }
    return sum
  }

  private mutating func digit() -> UInt64? {
    guard position < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position])
    else { return nil }
    defer { position += 1 }
    return UInt64(bytes[position] - UInt8(ascii: "0"))
  }

  /// Everything up to the next digit or point is the unit, so that `5min` is refused as a whole.
  private mutating func unit() throws(InvalidDuration) -> UInt64 {
    let start = position
    while position < bytes.count, bytes[position] != UInt8(ascii: "."),
      !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position])
    {
      position += 1
    }
    let name = bytes[start..<position]
    guard !name.isEmpty else {
      throw InvalidDuration(
        description: "\"\(text)\" has a number without a unit; write it like \"90s\" or \"1h30m\"")
    }
    guard let unit = Self.units.first(where: { $0.name.elementsEqual(name) }) else {
      let word = String(decoding: name, as: UTF8.self)
      let meant = Self.meant(by: word).map { ", of which \($0) is meant" } ?? ""
      throw InvalidDuration(
        description: "\"\(text)\" has the unknown unit \"\(word)\""
          + "; the units are ns, us, ms, s, m, h, d and w\(meant)")
    }
    return unit.nanoseconds
  }

  /// The unit that a word such as ` minutes` stands for.
  private static func meant(by word: String) -> String? {
    let words = [
      "s": ["sec", "second"], "m": ["min", "minute"], "h": ["hr", "hour"], "d": ["day"],
      "w": ["wk", "week"],
    ]
    let lowered = word.lowercased().filter { $0 != " " }
    let singular = lowered.hasSuffix("s") ? String(lowered.dropLast()) : lowered
    return words.first { $0.value.contains(singular) }?.key
  }

  private var notADuration: InvalidDuration {
    InvalidDuration(
      description: "\"\(text)\" is not a duration; write it like \"90s\", \"1h30m\" or \"2d\"")
  }

  private var tooLong: InvalidDuration {
    InvalidDuration(description: "\"\(text)\" is longer than the longest duration, 2562047h47m")
  }
}
