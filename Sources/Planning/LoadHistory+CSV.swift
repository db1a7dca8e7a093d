internal import Scaling
internal import Time

extension LoadHistory {
  /// Reads lines of `timestamp,value`, with or without a heading in the first, and with or without
  /// quotes, as Grafana writes them.
  ///
  /// A timestamp is RFC 3339, or `YYYY-MM-DD HH:MM:SS`, which is taken for UTC, or whole seconds or
  /// milliseconds since 1970. A value is a finite decimal number, 0 or more. Nothing is guessed: a
  /// line without a value is an error, as is text.
  ///
  /// - Throws: `InvalidHistory` with the number of the line.
  package init(csv bytes: [UInt8], shape: LoadShape = .held) throws(InvalidHistory) {
    var content = bytes[...]
    if content.starts(with: [0xEF, 0xBB, 0xBF]) { content = content.dropFirst(3) }
    while let last = content.last, last == 0x0A || last == 0x0D { content = content.dropLast() }
    guard !content.isEmpty else { throw InvalidHistory("the load history is empty") }

    var samples: [Sample] = []
    var number = 0
    for line in content.split(separator: 0x0A, omittingEmptySubsequences: false) {
      number += 1
      let line = line.last == 0x0D ? line.dropLast() : line
      let fields = line.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        .map { String(decoding: $0, as: UTF8.self).trimmed.withoutQuotes }
      if number == 1, fields.count == 2, Self.isHeading(fields) { continue }
      let sample = try Self.sample(fields, line: number)
      if let last = samples.last, last.at >= sample.at {
        throw InvalidHistory(
          "line \(number): \(sample.at.rfc3339) is not after \(last.at.rfc3339) on the line before"
            + Self.clockChange(fields[0], after: last.at, at: sample.at))
      }
      samples.append(sample)
    }
    try self.init(samples: samples, shape: shape)
  }

  /// What explains a time that comes a second time: a clock that was put back.
  private static func clockChange(
    _ text: String, after last: Instant, at instant: Instant
  ) -> String {
    let step = instant.duration(to: last)
    guard (try? Instant(rfc3339: text)) == nil, epoch(text) == nil, step > .zero,
      step < .seconds(2 * 3600)
    else {
      return ""
    }
    return
      "; if these are local times, a clock was put back here: export them in UTC, or with their"
      + " offset, such as 2026-10-25T02:30:00+01:00"
  }

  private static func isHeading(_ fields: [String]) -> Bool {
    fields.allSatisfy { field in
      guard let first = field.unicodeScalars.first else { return false }
      return first.properties.isAlphabetic || first == "_" || first == "\""
    } && Double(fields[1]) == nil
  }

  private static func sample(
    _ fields: [String], line: Int
  ) throws(InvalidHistory) -> Sample {
    guard fields != [""] else {
      throw InvalidHistory("line \(line) is empty, expected timestamp,value")
    }
    guard fields.count == 2 else {
      let count = fields.count == 1 ? "1 field" : "\(fields.count) fields"
      throw InvalidHistory("line \(line) has \(count), expected two: timestamp,value")
    }
    guard let at = instant(fields[0]) else {
      throw InvalidHistory(
        "line \(line): \(fields[0].quoted) is not a time such as 2014-07-01 00:30:00 or"
          + " 2014-07-01T00:30:00Z")
    }
    guard !fields[1].isEmpty else {
      throw InvalidHistory("line \(line) has no value after \(fields[0].quoted)")
    }
    guard let value = decimal(fields[1]), value.isFinite, value >= 0 else {
      throw InvalidHistory(
        "line \(line): the value \(fields[1].quoted) is not a number of 0 or more")
    }
    return Sample(at: at, value: value)
  }

  private static func instant(_ text: String) -> Instant? {
    if let instant = try? Instant(rfc3339: text) { return instant }
    if let instant = epoch(text) { return instant }
    guard text.utf8.count == 19 else { return nil }
    let parts = text.split(separator: " ", omittingEmptySubsequences: false)
    guard parts.count == 2 else { return nil }
    return try? Instant(rfc3339: "\(parts[0])T\(parts[1])Z")
  }

  /// Seconds since 1970, of the years 2001 to 2286, or milliseconds.
  private static func epoch(_ text: String) -> Instant? {
    guard [10, 13].contains(text.utf8.count), let number = Int64(text), number > 0,
      text.utf8.allSatisfy({ (48...57).contains($0) })
    else { return nil }
    return Instant(milliseconds: text.utf8.count == 10 ? number * 1000 : number)
  }

  /// Digits, a point, an exponent: no other base, and no words.
  private static func decimal(_ text: String) -> Double? {
    text.utf8.allSatisfy { "0123456789.eE+-".utf8.contains($0) } ? Double(text) : nil
  }
}

extension String {
  /// Without the quotes around it.
  fileprivate var withoutQuotes: String {
    guard utf8.count >= 2, first == "\"", last == "\"" else { return self }
    return String(dropFirst().dropLast())
  }

  /// In quotes, on one line, and not too long for a sentence.
  fileprivate var quoted: String {
    let printable = unicodeScalars.prefix(60).map { $0.value < 0x20 || $0.value == 0x7F ? "?" : $0 }
    let text = String(String.UnicodeScalarView(printable))
    return "\"\(text)\(unicodeScalars.count > 60 ? "…" : "")\""
  }
}
