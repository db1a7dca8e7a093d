internal import CUV
internal import Glibc

/// Finds all the addresses of a name, as those of a headless Service, without stopping the loop: the
/// system's resolver works on a thread of libuv's.
///
/// Nothing is remembered: every lookup asks again.
package enum NameLookup {
  package typealias Completion = (Result<[SocketAddress], EventLoopError>) -> Void

  private final class Context {
    let completion: Completion

    init(_ completion: @escaping Completion) {
      self.completion = completion
    }
  }

  /// - Parameter completion: called once, on the loop and never from within this call; each address
  ///   stands in it once. Not called when the loop ends before.
  package static func addresses(
    of host: String, port: UInt16, on loop: EventLoop, completion: @escaping Completion
  ) {
    loop.checkIsolated()
    let request = UnsafeMutablePointer<uv_getaddrinfo_t>.allocate(capacity: 1)
    let context = Unmanaged.passRetained(Context(completion))
    request.pointee.data = context.toOpaque()
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_NUMERICSERV
    let code = uv_getaddrinfo(
      loop.handle, request, { NameLookup.ended($0, $1, $2) }, host, String(port), &hints)
    guard code != 0 else { return }
    // libuv has not taken the request, and will not call back.
    context.release()
    request.deallocate()
    loop.post { [failed = SameLoopCompletion(completion)] in
      failed.completion(.failure(EventLoopError("look up \(host)", code: code)))
    }
  }

  private static func ended(
    _ request: UnsafeMutablePointer<uv_getaddrinfo_t>?, _ code: Int32,
    _ list: UnsafeMutablePointer<addrinfo>?
  ) {
    guard let request, let data = request.pointee.data else { return }
    let context = Unmanaged<Context>.fromOpaque(data).takeRetainedValue()
    request.deallocate()
    defer { uv_freeaddrinfo(list) }
    guard code == 0 else {
      return context.completion(.failure(EventLoopError("look up the name", code: code)))
    }
    var found: [SocketAddress] = []
    var next = list
    while let entry = next {
      if let address = entry.pointee.ai_addr.flatMap({
        SocketAddress($0, length: entry.pointee.ai_addrlen)
      }), !found.contains(where: { $0.description == address.description }) {
        found.append(address)
      }
      next = entry.pointee.ai_next
    }
    context.completion(.success(found))
  }
}

/// Carries a completion to a later turn of the same loop.
///
/// Invariant for `@unchecked Sendable`: posted from the loop to itself, and so called on the thread
/// that made it.
private struct SameLoopCompletion: @unchecked Sendable {
  let completion: NameLookup.Completion

  init(_ completion: @escaping NameLookup.Completion) {
    self.completion = completion
  }
}
