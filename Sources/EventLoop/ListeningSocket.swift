internal import Glibc

/// A TCP socket that is bound, before any loop watches it. Until `listen`, connections are refused;
/// then they wait for a `TCPListener`. Closed with its last reference.
package final class ListeningSocket: Sendable {
  let descriptor: Int32
  /// Where it listens, with the port that the system chose for port 0.
  package let address: SocketAddress

  /// Binds `count` sockets to one address and port, among which the kernel spreads connections
  /// (SO_REUSEPORT).
  ///
  /// Such a socket joins those of another process of the same user without an error, so the address
  /// is first bound without the option: a port in use is found here, not by calls that vanish.
  ///
  /// - Throws: which address could not be listened on, and why.
  package static func open(
    _ address: ListenAddress, count: Int
  ) throws(ListenError) -> [ListeningSocket] {
    var firstError: ListenError?
    for candidate in try SocketAddress.candidates(for: address) {
      do throws(ListenError) {
        let free = try freeAddress(candidate)
        var sockets: [ListeningSocket] = []
        for _ in 0..<count {
          sockets.append(try ListeningSocket(free, isShared: true))
        }
        return sockets
      } catch {
        guard error.leavesOtherAddresses else { throw error }
        firstError = firstError ?? error
      }
    }
    throw firstError ?? ListenError(address.description, reason: "the host has no address")
  }

  /// The address with a port that no other process listens on, which is given back: the sockets that
  /// share the port take it next.
  private static func freeAddress(
    _ candidate: SocketAddress
  ) throws(ListenError) -> SocketAddress {
    let probe = try ListeningSocket(candidate, isShared: false)
    try probe.listen()
    return probe.address
  }

  private init(_ wanted: SocketAddress, isShared: Bool) throws(ListenError) {
    let descriptor = socket(
      wanted.family,
      Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw ListenError(wanted.description, code: errno) }
    do throws(ListenError) {
      try Self.bind(descriptor, to: wanted, isShared: isShared)
    } catch {
      close(descriptor)
      throw error
    }
    self.descriptor = descriptor
    address = SocketAddress.local(of: descriptor) ?? wanted
  }

  deinit {
    close(descriptor)
  }

  /// Takes connections from now on.
  package func listen() throws(ListenError) {
    setOption(descriptor, SOL_SOCKET, SO_REUSEADDR, 1)
    guard Glibc.listen(descriptor, SOMAXCONN) == 0 else {
      throw ListenError(address.description, code: errno)
    }
  }

  private static func bind(
    _ descriptor: Int32, to address: SocketAddress, isShared: Bool
  ) throws(ListenError) {
    setOption(descriptor, SOL_SOCKET, SO_REUSEADDR, 1)
    if isShared { setOption(descriptor, SOL_SOCKET, SO_REUSEPORT, 1) }
    // An address of all interfaces takes IPv4 as well, whatever the system's default is.
    if address.family == AF_INET6 { setOption(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, 0) }
    let code = address.withSocketAddress { Glibc.bind(descriptor, $0, $1) }
    guard code == 0 else { throw ListenError(address.description, code: errno) }
    // With it, a second process could bind the port for as long as this one does not listen.
    setOption(descriptor, SOL_SOCKET, SO_REUSEADDR, 0)
  }
}

/// Sets an option that cannot fail on a socket of the right kind.
func setOption(_ descriptor: Int32, _ level: Int32, _ option: Int32, _ value: Int32) {
  var value = value
  setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
}
