/// What ends one RPC with a status other than OK, as a Swift error for code that throws.
package struct RPCError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The status that the caller receives.
  package let status: RPCStatus

  package init(_ code: RPCCode, _ message: String) {
    status = RPCStatus(code, message)
  }

  package var description: String {
    "\(status.code.name): \(status.message)"
  }
}
