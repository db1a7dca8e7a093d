private import Glibc

/// The token that clients of the side port must present (RFC 6750), in a file that is read again for
/// every request: Kubernetes rotates mounted Secrets. Runs on the side port's thread.
package struct BearerToken: Sendable {
  private let path: String

  /// In bytes, more than any token has.
  static let longest = 64 * 1024
  /// The kubelet's probes present no token, and what they get tells of nothing.
  static let openPaths: Set<String> = ["/livez", "/readyz", "/healthz", "/-/healthy", "/-/ready"]

  /// - Throws: when the file cannot be read or holds no token.
  package init(path: String) throws(SidePortError) {
    self.path = path
    _ = try token()
  }

  /// Why the file holds no token now; nil when it does.
  package var problem: String? {
    do throws(SidePortError) {
      _ = try token()
      return nil
    } catch {
      return error.description
    }
  }

  /// The answer to a request that may not pass; nil for one that may.
  ///
  /// - Parameter authorization: the header of that name.
  func refusal(of request: SidePortRequest, authorization: String?) -> SidePortResponse? {
    guard !Self.openPaths.contains(RequestPath.path(of: request.target)) else { return nil }
    guard let expected = try? token() else {
      return .refusal(503, "the token that this port asks for cannot be read", of: request)
    }
    let scheme = "bearer "
    if let authorization, authorization.lowercased().hasPrefix(scheme),
      Self.isEqual(Array(authorization.utf8.dropFirst(scheme.utf8.count)), expected)
    {
      return nil
    }
    var answer = SidePortResponse.refusal(
      401, "this port asks for a token: send the header Authorization: Bearer TOKEN", of: request)
    answer.headers.append(("WWW-Authenticate", "Bearer"))
    return answer
  }

  /// Without blanks and line breaks around it.
  private func token() throws(SidePortError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw error(String(cString: strerror(errno))) }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: Self.longest + 1)
    var length = 0
    while length < bytes.count {
      let count = bytes.withUnsafeMutableBytes {
        read(descriptor, $0.baseAddress?.advanced(by: length), $0.count - length)
      }
      guard count >= 0 else { throw error(String(cString: strerror(errno))) }
      guard count > 0 else { break }
      length += count
    }
    guard length <= Self.longest else { throw error("the file is longer than 64 KiB") }
    let isVisible = { (byte: UInt8) in byte > 0x20 && byte != 0x7F }
    let token = bytes[..<length].drop { !isVisible($0) }
    guard let last = token.lastIndex(where: isVisible) else { throw error("it holds no token") }
    return Array(token[...last])
  }

  private func error(_ problem: String) -> SidePortError {
    SidePortError("the side port's token file \(path): \(problem)")
  }

  /// Takes as long for a wrong token as for one that is nearly right.
  private static func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    guard left.count == right.count else { return false }
    return zip(left, right).reduce(0 as UInt8) { $0 | ($1.0 ^ $1.1) } == 0
  }
}
