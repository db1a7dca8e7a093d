private import Synchronization
package import Telemetry

/// The secrets that this process presents to others: tokens and passwords of data sources, peers, API
/// servers and the side port. `Excerpt` leaves all of them out of every text from outside, whoever sent
/// it: a proxy may repeat what was meant for somebody else.
///
/// From any thread. A secret that was exchanged stays known, as answers to it may still come.
package enum SecretLedger {
  /// More than a process uses, rotation included: the oldest are forgotten.
  private static let capacity = 256
  /// Shorter ones are hidden only in what their own server says: elsewhere they would blot out
  /// innocent text.
  private static let shortest = 8

  private struct Ledger {
    var secrets: [String] = []
    /// What every excerpt is searched for, made when the first one is asked for after a change.
    var known: KnownSecrets?
  }

  private static let ledger = Mutex(Ledger())

  /// Adds a secret. Of a header, `Bearer` and what else stands in front of a blank is no part of it.
  package static func note(_ secret: Redacted) {
    let text = secret.secret.split(separator: " ").last.map(String.init) ?? ""
    guard text.utf8.count >= shortest else { return }
    ledger.withLock { ledger in
      guard !ledger.secrets.contains(text) else { return }
      if ledger.secrets.count == capacity { ledger.secrets.removeFirst() }
      ledger.secrets.append(text)
      ledger.known = nil
    }
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
