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

  /// The nearest of `names`: the same but for case and blanks, or the same city in another or no
  /// region, or at most two typing errors away. Nil when nothing is near.
  static func suggestion(for name: String, among names: [String]) -> String? {
    guard name.utf8.count <= 64 else { return nil }
    let wanted = folded(name)
    if let same = names.first(where: { folded($0) == wanted }) { return same }
    let city = lastWord(of: wanted)
    if let same = names.first(where: { $0.contains("/") && lastWord(of: folded($0)) == city }) {
      return same
    }
    // A short name is near to too many others.
    let tolerance = wanted.count >= 8 ? 2 : 1
    var best: (name: String, distance: Int)?
    for candidate in names {
      let distance = distance(from: wanted, to: folded(candidate))
      if distance <= tolerance, distance < best?.distance ?? .max { best = (candidate, distance) }
    }
    return best?.name
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
