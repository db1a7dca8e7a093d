private import Synchronization
package import Telemetry

/// The secrets that this process presents to others: tokens and passwords of data sources, peers, API
/// servers and the side port. `Excerpt` leaves all of them out of every text from outside, whoever sent
/// it: a proxy may repeat what was meant for somebody else.
///
/// From any thread. A secret that was exchanged stays known for long, as answers to it may still come.
package enum SecretLedger {
  /// Shorter ones are hidden only in what their own server says: elsewhere they would blot out
  /// innocent text.
  private static let shortest = 8

  struct Ledger {
    /// More than a process uses at a time, beside those that were exchanged lately.
    static let capacity = 512

    /// The one that was used last at the end.
    private(set) var secrets: [String] = []
    /// What every excerpt is searched for, made when the first one is asked for after a change.
    var known: KnownSecrets?

    /// Adds a secret, or keeps one that is used again: the one that was not used for longest gives way.
    mutating func note(_ secret: String) {
      if let index = secrets.lastIndex(of: secret) {
        secrets.append(secrets.remove(at: index))
        return
      }
      if secrets.count == Self.capacity { secrets.removeFirst() }
      secrets.append(secret)
      known = nil
    }
  }

  private static let ledger = Mutex(Ledger())

  /// To be called whenever a secret is used. Of a header, `Bearer` and what else stands in front of a
  /// blank is no part of it.
  package static func note(_ secret: Redacted) {
    let text = secret.secret.split(separator: " ").last.map(String.init) ?? ""
    guard text.utf8.count >= shortest else { return }
    ledger.withLock { $0.note(text) }
  }

  /// All of them, and the others.
  static func known(with others: [Redacted] = []) -> KnownSecrets {
    var (known, noted) = ledger.withLock { ledger in
      let known = ledger.known ?? KnownSecrets(ledger.secrets.map { Redacted($0) })
      ledger.known = known
      return (known, ledger.secrets)
    }
    for other in others where !noted.contains(other.secret) { known.add(other) }
    return known
  }
}
