/// Why a request got no answer, or none that can be used.
package struct HTTPFailure: Error, Hashable, Sendable, CustomStringConvertible {
  package var kind: Kind
  /// One sentence for people, without secrets.
  package var message: String
  /// How long the attempt took.
  package var duration: Duration

  package enum Kind: String, Hashable, Sendable, CaseIterable {
    /// The request cannot be sent as it is.
    case invalidRequest = "invalid_request"
    /// The host's name has no address.
    case nameLookup = "dns"
    case connect
    /// The handshake, or a certificate or key file.
    case tls
    case timeout
    /// The connection ended before the answer did.
    case broken
    case tooLarge = "too_large"
    case redirect
    /// What came back is not HTTP.
    case notHTTP = "not_http"
  }

  package init(kind: Kind, message: String, duration: Duration = .zero) {
    self.kind = kind
    self.message = message
    self.duration = duration
  }

  package var description: String { message }
}
