internal import Telemetry

/// Secrets that must not show up in a sentence, even though a server repeats them.
struct KnownSecrets {
  /// The longest first: a secret may be part of another.
  private let secrets: [[UInt8]]

  /// Shorter secrets would blot out innocent text, and guessing them is easy anyhow.
  private static let shortest = 4

  init(_ secrets: [Redacted]) {
    self.secrets = secrets.map { Array($0.secret.utf8) }.filter { $0.count >= Self.shortest }
      .sorted { $0.count > $1.count }
  }

  /// Of the longest secret, in bytes.
  var longest: Int { secrets.first?.count ?? 0 }

  /// The bytes of `range`, with every secret replaced that begins or ends there, and those that overlap
  /// together. Bytes are compared, not characters: an accent that follows a secret would make its last
  /// letter another character.
  func hidden(in bytes: [UInt8], _ range: Range<Int>) -> [UInt8] {
    guard !secrets.isEmpty else { return Array(bytes[range]) }
    let placeholder = Array(Redacted("").description.utf8)
    var result: [UInt8] = []
    // Where the secrets end that have begun so far.
    var end = 0
    for index in max(range.lowerBound - longest + 1, 0)..<range.upperBound {
      if let secret = secrets.first(where: { bytes[index...].starts(with: $0) }) {
        let isNew = index >= end || end <= range.lowerBound
        end = max(end, index + secret.count)
        if isNew, end > range.lowerBound { result += placeholder }
      } else if index >= end, index >= range.lowerBound {
        result.append(bytes[index])
      }
    }
    // What stands in for a secret may make one of what stands beside it.
    let isStillThere = secrets.contains { secret in
      !placeholder.contains(secret) && result.contains(secret)
    }
    return isStillThere ? placeholder : result
  }
}
