/// Where a server listens, as `--listen` says it: `HOST:PORT`, `[IPv6]:PORT`, or `:PORT` for all
/// interfaces. Port 0 lets the system choose.
package struct ListenAddress: Sendable, Equatable, CustomStringConvertible {
  /// A name or an address without brackets; nil for all interfaces.
  package let host: String?
  package let port: UInt16

  package init(host: String?, port: UInt16) {
    self.host = host
    self.port = port
  }

  /// Nil when `text` is no address of this form, or the port is above 65535.
  package init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":") else { return nil }
    let digits = text[text.index(after: colon)...]
    guard (1...5).contains(digits.utf8.count),
      digits.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }),
      let port = UInt16(digits)
    else { return nil }
    var host = text[..<colon]
    if host.hasPrefix("[") {
      guard host.hasSuffix("]"), host.count > 2 else { return nil }
      host = host.dropFirst().dropLast()
      guard host.contains(":"), !host.contains("["), !host.contains("]") else { return nil }
    } else {
      guard !host.contains(":"), !host.contains("["), !host.contains("]") else { return nil }
    }
    guard host.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else { return nil }
    self.init(host: host.isEmpty ? nil : String(host), port: port)
  }

  package var description: String {
    guard let host else { return ":\(port)" }
    return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
  }
}
