internal import Scaling

/// What an IANA time zone name looks like, and which one a wrong name probably means.
enum ZoneName {
  /// Words of letters, digits, `_`, `-` and `+`, joined by slashes, beginning with a capital:
  /// `Europe/Paris`, `Etc/GMT+5`, `UTC`.
  ///
  /// That leaves out everything else that CCTZ would open: absolute and relative paths, `file:`
  /// and `libc:` names, `localtime`, `posixrules`, `right/…`; and its own names for fixed offsets,
  /// `Fixed/UTC+01:00:00` and `UTC0`.
  static func isWellFormed(_ name: String) -> Bool {
    guard name.utf8.count <= 64, let first = name.utf8.first, isCapital(first), name != "UTC0",
      !name.hasPrefix("Fixed/")
    else { return false }
    return name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
      .allSatisfy { word in !word.isEmpty && word.allSatisfy(isWordCharacter) }
  }

  private static func isCapital(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
  }

  private static func isWordCharacter(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
      UInt8(ascii: "+"):
      true
    default: false
    }
  }

  /// What to say about a wrong name. A name is never proposed that differs in hours from what the
  /// wrong one says.
  ///
  /// - Parameter names: those that exist.
  static func advice(for name: String, among names: [String]) -> ZoneAdvice? {
    guard names.count > 1 else {
      return ZoneAdvice("the time zone database is missing here: install tzdata", names: [])
    }
    guard (1...64).contains(name.utf8.count) else { return nil }
    if let offset = ZoneOffset(name) { return offset.advice(among: names) }
    if let places = ZoneAbbreviation.places(of: name) {
      let known = places.filter(names.contains)
      guard !known.isEmpty else { return nil }
      return ZoneAdvice(
        "an abbreviation is no zone; a place is: \(known.joined(separator: " or "))", names: known)
    }
    let place = WindowsZone.ianaName(of: name).flatMap { names.contains($0) ? $0 : nil }
    return (place ?? suggestion(for: name, among: names)).map {
      ZoneAdvice("did you mean \($0)?", names: [$0])
    }
  }

  /// The nearest of `names`: the same but for case and blanks, or the same city in another or no
  /// region, or the zone of a larger city, or at most two typing errors away. Nil when nothing is
  /// near.
  private static func suggestion(for name: String, among names: [String]) -> String? {
    let wanted = folded(name)
    let known = names.map { (name: $0, folded: folded($0)) }
    if let same = known.first(where: { $0.folded == wanted }) { return same.name }
    let city = lastWord(of: wanted)
    if let same = known.first(where: { $0.name.contains("/") && lastWord(of: $0.folded) == city }) {
      return same.name
    }
    if let zone = ZoneAbbreviation.zone(ofCity: String(decoding: city, as: UTF8.self)),
      names.contains(zone)
    {
      return zone
    }
    // A short name is near to too many others.
    guard wanted.count > 5 else { return nil }
    let tolerance = wanted.count >= 8 ? 2 : 1
    var best: (name: String, distance: Int)?
    for candidate in known
    where abs(candidate.folded.count - wanted.count) <= tolerance
      && digits(of: candidate.folded) == digits(of: wanted)
    {
      let distance = distance(from: wanted, to: candidate.folded)
      if distance <= tolerance, distance < best?.distance ?? .max {
        best = (candidate.name, distance)
      }
    }
    return best?.name
  }

  /// Digits and signs: two names that differ in them differ in hours.
  private static func digits(of name: [UInt8]) -> [UInt8] {
    name.filter { "0123456789+".utf8.contains($0) }
  }

  private static func folded(_ name: String) -> [UInt8] {
    Array(name.lowercased().utf8).map { $0 == UInt8(ascii: " ") ? UInt8(ascii: "_") : $0 }
  }

  private static func lastWord(of name: [UInt8]) -> ArraySlice<UInt8> {
    name.suffix(while: { $0 != UInt8(ascii: "/") })
  }

  /// Levenshtein's distance: insertions, deletions and replacements of a byte.
  private static func distance(from left: [UInt8], to right: [UInt8]) -> Int {
    var row = Array(0...right.count)
    for (i, byte) in left.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, other) in right.enumerated() {
        let replaced = diagonal + (byte == other ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(replaced, row[j] + 1, diagonal + 1)
      }
    }
    return row[right.count]
  }
}

extension Array {
  /// The elements at the end for which the predicate holds without a break.
  fileprivate func suffix(while predicate: (Element) -> Bool) -> ArraySlice<Element> {
    self[(lastIndex { !predicate($0) }.map { $0 + 1 } ?? startIndex)...]
  }
}
