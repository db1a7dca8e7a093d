internal import Glibc

/// Why a server cannot listen, as one sentence.
package struct ListenError: Error, Sendable, Equatable, CustomStringConvertible {
  package let description: String
  /// Whether another address of the same host may still do: this one's family is switched off.
  let leavesOtherAddresses: Bool

  init(_ address: String, reason: String) {
    description = "could not listen on \(address): \(reason)"
    leavesOtherAddresses = false
  }

  /// - Parameter code: an `errno`.
  init(_ address: String, code: Int32) {
    let reason =
      switch code {
      case EADDRINUSE: "the address is in use by another process"
      case EACCES: "ports below 1024 need the capability CAP_NET_BIND_SERVICE"
      case EADDRNOTAVAIL: "this machine has no such address"
      default: String(cString: strerror(code))
      }
    description = "could not listen on \(address): \(reason)"
    leavesOtherAddresses = code == EAFNOSUPPORT || code == EADDRNOTAVAIL
  }
}
