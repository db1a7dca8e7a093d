private import Glibc

/// A TCP socket that is bound and listening.
///
/// The caller owns the descriptor.
struct ListenSocket {
  let descriptor: Int32
  /// As bound.
  let port: UInt16

  /// Connections that may wait to be accepted.
  private static let backlog: Int32 = 128
  /// What the kernel keeps of the answers to one connection, which may not read; it takes twice that.
  private static let sendBuffer: Int32 = 64 << 10

  /// Listens on the first address of the host that can be bound. An empty host means every
  /// interface: one socket for IPv6 and IPv4, or for IPv4 alone where there is no IPv6. `::` takes
  /// IPv4 as well, and fails where there is no IPv6.
  init(host: String, port: UInt16) throws(SidePortError) {
    let target = "\(host.contains(":") ? "[\(host)]" : host):\(port)"
    var hints = addrinfo()
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_family = AF_UNSPEC
    var list: UnsafeMutablePointer<addrinfo>?
    let status = getaddrinfo(host.isEmpty ? nil : host, String(port), &hints, &list)
    guard status == 0 else {
      throw SidePortError(
        "the side port cannot listen on \(target): \(String(cString: gai_strerror(status)));"
          + " give an address of this machine with --http-listen")
    }
    defer { freeaddrinfo(list) }
    var problem = EADDRNOTAVAIL
    for address in Self.addresses(list, dualStackFirst: host.isEmpty) {
      switch Self.open(address) {
      case .success(let descriptor):
        self.descriptor = descriptor
        self.port = Self.boundPort(descriptor) ?? port
        return
      case .failure(let failure):
        problem = failure.code
      }
      // Another address may still be had (no IPv6 here, say), but when somebody else has the port
      // on this one, that would be half of what was asked for.
      if problem == EADDRINUSE { break }
    }
    throw SidePortError(
      "the side port cannot listen on \(target): \(String(cString: strerror(problem)));"
        + " free it or choose another with --http-listen")
  }

  private struct Failure: Error {
    let code: Int32
  }

  /// The addresses in the resolver's order, or those of IPv6 first.
  private static func addresses(
    _ list: UnsafeMutablePointer<addrinfo>?, dualStackFirst: Bool
  ) -> [addrinfo] {
    var all: [addrinfo] = []
    var next = list
    while let entry = next {
      all.append(entry.pointee)
      next = entry.pointee.ai_next
    }
    guard dualStackFirst else { return all }
    return all.filter { $0.ai_family == AF_INET6 } + all.filter { $0.ai_family != AF_INET6 }
  }

  private static func open(_ address: addrinfo) -> Result<Int32, Failure> {
    let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    let descriptor = socket(address.ai_family, type, address.ai_protocol)
    guard descriptor >= 0 else { return .failure(Failure(code: errno)) }
    var on: Int32 = 1
    // An address of all interfaces takes IPv4 as well, whatever the system's default is.
    var onlyIPv6: Int32 = 0
    let size = socklen_t(MemoryLayout<Int32>.size)
    // A restart must not wait for the old connections' TIME_WAIT.
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, size)
    // Its connections inherit it. What is left of a long answer waits in `HeldAnswers`.
    var sendBuffer = sendBuffer
    setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &sendBuffer, size)
    if address.ai_family == AF_INET6 {
      setsockopt(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &onlyIPv6, size)
    }
    guard bind(descriptor, address.ai_addr, address.ai_addrlen) == 0,
      listen(descriptor, backlog) == 0
    else {
      let code = errno
      close(descriptor)
      return .failure(Failure(code: code))
    }
    return .success(descriptor)
  }

  private static func boundPort(_ descriptor: Int32) -> UInt16? {
    var storage = sockaddr_storage()
    var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
    return withUnsafeMutableBytes(of: &storage) { bytes in
      guard let start = bytes.baseAddress,
        getsockname(descriptor, start.assumingMemoryBound(to: sockaddr.self), &size) == 0
      else { return nil }
      // sockaddr_in and sockaddr_in6 both keep the port, in network order, after the family.
      return UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
    }
  }
}
