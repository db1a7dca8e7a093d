import Foundation
import Testing

/// A bare TCP client, so that tests decide every byte.
final class TestClient {
  let socket: Int32

  /// Connects over loopback, by IPv6 where asked. Reading gives up after ten seconds.
  init(port: UInt16, ipv6: Bool = false) throws {
    socket = Glibc.socket(ipv6 ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var patience = timeval(tv_sec: 10, tv_usec: 0)
    setsockopt(
      socket, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    let status: Int32
    if ipv6 {
      var address = sockaddr_in6()
      address.sin6_family = sa_family_t(AF_INET6)
      address.sin6_port = port.bigEndian
      address.sin6_addr = in6addr_loopback
      status = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in6>.size))
        }
      }
    } else {
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = port.bigEndian
      address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
      status = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
    }
    guard status == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
  }

  deinit { close(socket) }

  func send(_ text: String) {
    send(Array(text.utf8))
  }

  func send(_ bytes: [UInt8]) {
    var sent = 0
    while sent < bytes.count {
      let count = Glibc.send(
        socket, Array(bytes[sent...]), bytes.count - sent, Int32(MSG_NOSIGNAL))
      guard count > 0 else { return }
      sent += count
    }
  }

  /// Everything until the server closes, or resets, the connection.
  func readToEnd() -> String {
    var all: [UInt8] = []
    while let piece = readSome() { all += piece }
    return String(decoding: all, as: UTF8.self)
  }

  /// Some bytes; nil at the end.
  func readSome() -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: 65536)
    let count = recv(socket, &buffer, buffer.count, 0)
    return count > 0 ? Array(buffer[..<count]) : nil
  }

  /// Reads one answer with a Content-Length; further bytes are kept for the next one.
  func readAnswer(toHead: Bool = false) throws -> TestAnswer {
    while true {
      if let answer = TestAnswer(kept, toHead: toHead) {
        kept.removeFirst(answer.size)
        return answer
      }
      kept += try #require(readSome(), "the server closed the connection")
    }
  }

  private var kept: [UInt8] = []
}

struct TestAnswer {
  let status: Int
  let headers: [String: String]
  let body: String
  /// In bytes on the wire.
  let size: Int

  /// Nil while the answer is incomplete.
  init?(_ bytes: [UInt8], toHead: Bool) {
    guard let end = Data(bytes).range(of: Data("\r\n\r\n".utf8)) else { return nil }
    let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).components(
      separatedBy: "\r\n")
    guard let status = Int(lines[0].split(separator: " ")[1]) else { return nil }
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { return nil }
      headers[line[..<colon].lowercased()] = line[line.index(after: colon)...]
        .trimmingCharacters(in: .whitespaces)
    }
    let length = toHead ? 0 : Int(headers["content-length"] ?? "0") ?? 0
    guard bytes.count >= end.upperBound + length else { return nil }
    self.status = status
    self.headers = headers
    size = end.upperBound + length
    body = String(decoding: bytes[end.upperBound..<size], as: UTF8.self)
  }
}
