internal import HTTPClient
internal import Time

/// What lets the requests of one data source in, for a while.
///
/// It does no I/O but reading small files; `AuthorizedClient` makes the requests that it wants. All
/// times are those of the wall clock.
protocol RequestAuthority {
  /// Whether there is something that is let in.
  func isValid(at now: Instant) -> Bool

  /// What to ask for something new, if there is nothing that lasts much longer; nil where there is, or
  /// where no request was needed.
  ///
  /// - Throws: when it is not known how to ask.
  mutating func renewal(at now: Instant) throws(FetchFailure) -> HTTPRequest?

  /// Takes the answer to `renewal`.
  ///
  /// - Throws: when there is nothing in it.
  mutating func renewed(by response: HTTPResponse, at now: Instant) throws(FetchFailure)

  /// Adds to a request what its server wants to see. Only while `isValid`.
  func authorize(_ request: inout HTTPRequest, at now: Instant)

  /// A server refused what is held with that status.
  ///
  /// - Returns: whether something new may be let in.
  mutating func wasRefused(status: Int) -> Bool
}
