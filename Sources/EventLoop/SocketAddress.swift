internal import CUV
internal import Glibc

/// An address and port of IPv4 or IPv6, as the socket calls want it.
package struct SocketAddress: Sendable, CustomStringConvertible {
  /// As `127.0.0.1:50051` or `[::1]:50051`.
  package let description: String
  package let port: UInt16
  /// AF_INET or AF_INET6.
  let family: Int32
  /// A `sockaddr_in` or `sockaddr_in6`, byte for byte.
  private let bytes: [UInt8]

  init?(_ address: UnsafePointer<sockaddr>, length: socklen_t) {
    family = Int32(address.pointee.sa_family)
    guard family == AF_INET || family == AF_INET6 else { return nil }
    bytes = Array(UnsafeRawBufferPointer(start: address, count: Int(length)))
    var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    var service = [CChar](repeating: 0, count: Int(NI_MAXSERV))
    let code = getnameinfo(
      address, length, &host, socklen_t(host.count), &service, socklen_t(service.count),
      NI_NUMERICHOST | NI_NUMERICSERV)
    guard code == 0, let port = UInt16(Self.text(service)) else { return nil }
    self.port = port
    description =
      family == AF_INET6 ? "[\(Self.text(host))]:\(port)" : "\(Self.text(host)):\(port)"
  }

  /// The addresses to try for `wanted`, the preferred one first.
  ///
  /// All interfaces means `[::]`, which takes IPv4 as well, and `0.0.0.0` where IPv6 is switched
  /// off. Of a name with several addresses, IPv4 comes first: `localhost` is then what most clients
  /// take it for.
  static func candidates(for wanted: ListenAddress) throws(ListenError) -> [SocketAddress] {
    guard let host = wanted.host else {
      return try resolved("::", wanted) + resolved("0.0.0.0", wanted)
    }
    let all = try resolved(host, wanted)
    return all.filter { $0.family == AF_INET } + all.filter { $0.family != AF_INET }
  }

  /// The address that a socket is bound to.
  static func local(of descriptor: Int32) -> SocketAddress? {
    read { getsockname(descriptor, $0, $1) }
  }

  /// The address of the other end of a connection.
  static func peer(of descriptor: Int32) -> SocketAddress? {
    read { getpeername(descriptor, $0, $1) }
  }

  func withSocketAddress<Result>(
    _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
  ) -> Result {
    var storage = sockaddr_storage()
    withUnsafeMutableBytes(of: &storage) { $0.copyBytes(from: bytes) }
    return withUnsafePointer(to: &storage) { storage in
      storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(bytes.count)) }
    }
  }

  private static func read(
    _ call: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
  ) -> SocketAddress? {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    return withUnsafeMutablePointer(to: &storage) { storage in
      storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        call(address, &length) == 0 ? SocketAddress(address, length: length) : nil
      }
    }
  }

  private static func resolved(
    _ host: String, _ wanted: ListenAddress
  ) throws(ListenError) -> [SocketAddress] {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, String(wanted.port), &hints, &list)
    guard code == 0 else {
      throw ListenError(wanted.description, reason: String(cString: gai_strerror(code)))
    }
    defer { freeaddrinfo(list) }
    var found: [SocketAddress] = []
    var next = list
    while let entry = next {
      if let address = entry.pointee.ai_addr.flatMap({
        SocketAddress($0, length: entry.pointee.ai_addrlen)
      }) {
        found.append(address)
      }
      next = entry.pointee.ai_next
    }
    return found
  }

  private static func text(_ characters: [CChar]) -> String {
    String(decoding: characters.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
