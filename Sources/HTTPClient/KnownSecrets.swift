internal import Telemetry

/// Secrets that must not show up in a sentence, even though a server repeats them: as they are, in
/// capitals or small letters, as Base64, alone or inside of something longer, and percent-encoded.
struct KnownSecrets {
  /// In small letters, as text is compared, by their first byte. The longest first: a secret may be part
  /// of another.
  private var byFirstByte: [[[UInt8]]]
  /// Of the longest secret, in bytes.
  private(set) var longest = 0

  /// Shorter secrets would blot out innocent text, and guessing them is easy anyhow.
  private static let shortest = 4

  init(_ secrets: [Redacted]) {
    byFirstByte = Array(repeating: [], count: 256)
    for secret in secrets { add(secret) }
  }

  /// Hides one more.
  mutating func add(_ secret: Redacted) {
    guard secret.secret.utf8.count >= Self.shortest else { return }
    for form in Self.forms(of: secret.secret).map(Self.folded) {
      guard let first = form.first, !byFirstByte[Int(first)].contains(form) else { continue }
      byFirstByte[Int(first)].append(form)
      byFirstByte[Int(first)].sort { $0.count > $1.count }
      longest = max(longest, form.count)
    }
  }

  /// The longest secret that begins at that place of bytes in small letters.
  private func secret(at index: Int, of bytes: [UInt8]) -> [UInt8]? {
    let candidates = byFirstByte[Int(bytes[index])]
    return candidates.isEmpty ? nil : candidates.first { bytes[index...].starts(with: $0) }
  }

  private static func forms(of secret: String) -> [[UInt8]] {
    let bytes = Array(secret.utf8)
    var forms = [bytes, Array(PercentEncoding.encode(secret).utf8)]
    for offset in 0..<3 {
      let core = base64Core(of: bytes, at: offset)
      // The alphabet of URLs differs in two digits (RFC 4648, 5).
      let forURLs = core.map { byte in
        byte == UInt8(ascii: "+")
          ? UInt8(ascii: "-") : byte == UInt8(ascii: "/") ? UInt8(ascii: "_") : byte
      }
      forms += [core, forURLs]
    }
    return forms
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

  /// The bytes of `range`, with every secret replaced that begins or ends there, and those that overlap
  /// together. Bytes are compared, not characters: an accent that follows a secret would make its last
  /// letter another character.
  func hidden(in bytes: [UInt8], _ range: Range<Int>) -> [UInt8] {
    guard longest > 0 else { return Array(bytes[range]) }
    let compared = Self.folded(bytes)
    let placeholder = Array(Redacted("").description.utf8)
    var result: [UInt8] = []
    // Where the secrets end that have begun so far.
    var end = 0
    for index in max(range.lowerBound - longest + 1, 0)..<range.upperBound {
      if let secret = secret(at: index, of: compared) {
        let isNew = index >= end || end <= range.lowerBound
        end = max(end, index + secret.count)
        if isNew, end > range.lowerBound { result += placeholder }
      } else if index >= end, index >= range.lowerBound {
        result.append(bytes[index])
      }
    }
    // What stands in for a secret may make one of what stands beside it.
    let rest = Self.folded(result)
    let isStillThere = rest.indices.contains { index in
      byFirstByte[Int(rest[index])].contains { secret in
        rest[index...].starts(with: secret) && !placeholder.contains(secret)
      }
    }
    return isStillThere ? placeholder : result
  }
}
