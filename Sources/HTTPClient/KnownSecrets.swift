internal import Telemetry

/// Secrets that must not show up in a sentence, even though a server repeats them: as they are, in
/// capitals or small letters, in hexadecimal, as Base64, alone or inside of something longer, and what
/// `DecodedText` reads in JSON, URLs and HTML. Of one that was cut short, the first half is enough.
struct KnownSecrets {
  /// In small letters, as text is compared, by their first byte.
  private var byFirstByte: [[[UInt8]]]
  /// Of the longest secret as it may be written, in bytes.
  private(set) var longest = 0

  /// Shorter secrets would blot out innocent text, and guessing them is easy anyhow.
  private static let shortest = 4
  /// Shorter forms are not looked for across blanks, where words may happen to make them.
  private static let shortestAcrossBlanks = 12
  /// Less than this of a longer secret may be a word.
  private static let shortestPart = 16
  /// Of an encoding, in bytes for one: `\u0073`.
  private static let widest = 6

  init(_ secrets: [Redacted]) {
    byFirstByte = Array(repeating: [], count: 256)
    for secret in secrets { add(secret) }
  }

  /// Hides one more.
  mutating func add(_ secret: Redacted) {
    guard secret.secret.utf8.count >= Self.shortest else { return }
    longest = max(longest, Self.widest * secret.secret.utf8.count)
    for form in Self.forms(of: secret.secret).map(Self.folded) {
      guard let first = form.first, !byFirstByte[Int(first)].contains(form) else { continue }
      byFirstByte[Int(first)].append(form)
    }
  }

  // MARK: Forms

  private static func forms(of secret: String) -> [[UInt8]] {
    // Base64 and hexadecimal of a text hide whether its case was changed before.
    let spellings = Set([secret, secret.uppercased(), secret.lowercased()]).map { Array($0.utf8) }
    return [Array(secret.replacing(" ", with: "+").utf8)]
      + spellings.flatMap { bytes in [bytes, hexadecimal(bytes)] + base64(bytes) }
  }

  private static func hexadecimal(_ bytes: [UInt8]) -> [UInt8] {
    let digits = Array("0123456789abcdef".utf8)
    return bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
  }

  /// In both alphabets, behind any number of other bytes.
  private static func base64(_ bytes: [UInt8]) -> [[UInt8]] {
    (0..<3).flatMap { offset in
      let core = base64Core(of: bytes, at: offset)
      // The alphabet of URLs differs in two digits (RFC 4648, 5).
      let forURLs = core.map { byte in
        byte == UInt8(ascii: "+")
          ? UInt8(ascii: "-") : byte == UInt8(ascii: "/") ? UInt8(ascii: "_") : byte
      }
      return [core, forURLs]
    }
  }

  /// The digits that Base64 writes for the bytes and for nothing beside them, where `offset` bytes, up
  /// to groups of three, stand in front.
  private static func base64Core(of bytes: [UInt8], at offset: Int) -> [UInt8] {
    let digits = Array(Base64.encode([UInt8](repeating: 0, count: offset) + bytes).utf8)
    let start = (8 * offset + 5) / 6
    let end = 8 * (offset + bytes.count) / 6
    return Array(digits[start..<max(start, end)])
  }

  private static func folded(_ bytes: [UInt8]) -> [UInt8] {
    bytes.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
  }

  // MARK: Hiding

  /// The bytes of `range`, with every secret replaced that begins or ends there, and those that overlap
  /// together. Bytes are compared, not characters: an accent that follows a secret would make its last
  /// letter another character.
  func hidden(in bytes: [UInt8], _ range: Range<Int>) -> [UInt8] {
    guard longest > 0 else { return Array(bytes[range]) }
    let start = max(range.lowerBound - longest, 0)
    let part = Array(bytes[start..<min(range.upperBound + longest, bytes.count)])
    let shown = range.lowerBound - start..<range.upperBound - start
    let placeholder = Array(Redacted("").description.utf8)
    var result: [UInt8] = []
    var next = shown.lowerBound
    for place in places(in: part, before: shown.upperBound) where place.upperBound > next {
      if place.lowerBound > next { result += part[next..<place.lowerBound] }
      result += placeholder
      next = place.upperBound
    }
    if next < shown.upperBound { result += part[next..<shown.upperBound] }
    // What stands in for a secret may make one of what stands beside it.
    let isStillThere = !places(in: result, before: result.count, except: placeholder).isEmpty
    return isStillThere ? placeholder : result
  }

  /// Where secrets stand that begin before `end`, in order and apart from each other.
  ///
  /// - Parameter innocent: What this holds is not looked for.
  private func places(
    in bytes: [UInt8], before end: Int, except innocent: [UInt8] = []
  ) -> [Range<Int>] {
    var found: [Range<Int>] = []
    for reading in DecodedText.readings(of: bytes) {
      find(in: reading, before: end, shortest: 0, except: innocent, &found)
      guard let joined = reading.joined else { continue }
      find(
        in: joined, before: end, shortest: Self.shortestAcrossBlanks, except: innocent, &found)
    }
    found.sort { $0.lowerBound < $1.lowerBound }
    var apart: [Range<Int>] = []
    for place in found {
      if let last = apart.last, place.lowerBound < last.upperBound {
        apart[apart.count - 1] = last.lowerBound..<max(last.upperBound, place.upperBound)
      } else {
        apart.append(place)
      }
    }
    return apart
  }

  private func find(
    in text: DecodedText, before end: Int, shortest: Int, except innocent: [UInt8],
    _ found: inout [Range<Int>]
  ) {
    let compared = Self.folded(text.bytes)
    for index in compared.indices {
      let candidates = byFirstByte[Int(compared[index])]
      guard !candidates.isEmpty else { continue }
      let length = candidates.reduce(0) { longest, candidate in
        guard candidate.count >= shortest, candidate.count > longest,
          candidate.count > innocent.count || !innocent.contains(candidate)
        else { return longest }
        return max(longest, Self.matching(compared, at: index, candidate))
      }
      guard length > 0 else { continue }
      let place = text.place(of: index..<index + length)
      guard place.lowerBound < end else { return }
      found.append(place)
    }
  }

  /// How much of a form stands there, from its beginning; 0 where that is too little to give it away.
  private static func matching(_ bytes: [UInt8], at index: Int, _ form: [UInt8]) -> Int {
    let limit = min(form.count, bytes.count - index)
    var length = 0
    while length < limit, bytes[index + length] == form[length] { length += 1 }
    return length == form.count || length >= max(shortestPart, (form.count + 1) / 2) ? length : 0
  }
}
