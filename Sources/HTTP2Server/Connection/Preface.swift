/// What a client that does not begin as HTTP/2 probably is: enough for a useful answer.
enum Preface {
  enum Guess: Equatable {
    case http1
    case http2
    case tls
    case unknown([UInt8])
  }

  /// How many of the first bytes a guess needs: the length of HTTP/2's own preface.
  static let enough = 24

  static func guess(from bytes: [UInt8]) -> Guess {
    // A TLS record of the kind handshake, of any version (RFC 8446, 5.1).
    if bytes.starts(with: [0x16, 0x03]) { return .tls }
    if bytes.starts(with: "PRI * HTTP/2.0".utf8) { return .http2 }
    let methods = ["GET ", "HEAD ", "POST ", "PUT ", "DELETE ", "OPTIONS ", "PATCH ", "CONNECT "]
    return methods.contains { bytes.starts(with: $0.utf8) } ? .http1 : .unknown(bytes)
  }
}

extension Preface.Guess {
  var description: String {
    switch self {
    case .http1: "an HTTP/1 request"
    case .http2: "the preface of HTTP/2, then something else"
    case .tls: "a TLS handshake; this port speaks plain text"
    case .unknown(let bytes):
      "the bytes " + bytes.prefix(8).map { String($0, radix: 16) }.joined(separator: " ")
    }
  }

  /// What the client can make sense of; nil for none.
  var answer: [UInt8]? {
    guard self == .http1 else { return nil }
    return Preface.badRequest("This port speaks gRPC, which needs HTTP/2 with prior knowledge.\n")
  }
}

extension Preface {
  /// An answer of HTTP/1.
  static func badRequest(_ text: String) -> [UInt8] {
    let head =
      "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\n"
      + "Content-Length: \(text.utf8.count)\r\nConnection: close\r\n\r\n"
    return Array((head + text).utf8)
  }
}
