/// What a server needs of the headers of a request, read one header at a time.
///
/// HTTP/2 itself has checked them before: pseudo headers are there, once, and in front. Metadata is
/// counted and passed over. Not copyable, as all that a stream owns: a copy of one in passing cost more
/// than what was done with it.
package struct RequestHead: ~Copyable, Sendable {
  package enum Verdict: Sendable, Equatable {
    /// A gRPC call, to the method at `path`.
    case call(timeout: Duration?)
    /// Not a call that this server takes: answer with `httpStatus` and the status as trailers.
    case refuse(httpStatus: Int, RPCStatus)
    /// Not gRPC at all: answer as any HTTP server, once the request has ended.
    case foreign(httpStatus: Int, RPCStatus)
  }

  private enum Timeout: Sendable {
    case none
    case after(Duration)
    case malformed(String)
  }

  /// Whether the answer has no body (RFC 9110, 9.3.2).
  package var isHEAD: Bool { method == "HEAD" }
  /// The bytes of `:path`; none until it has come.
  package var path: [UInt8] { hasPath ? latestPath : [] }
  /// The path of this request or, as long as it has none, of the one before.
  private var latestPath: [UInt8] = []
  private var hasPath = false
  private var isPost = false
  private var method = ""
  private var isGRPC = false
  private var contentType: String?
  private var timeout = Timeout.none
  /// A `grpc-encoding` other than identity.
  private var encoding: String?
  private var listSize = 0

  private let maxListSize: Int
  /// How much of a refused value an error repeats.
  private static let quoteLimit = 64

  /// - Parameter maxListSize: as SETTINGS_MAX_HEADER_LIST_SIZE counts it: names, values, and 32 for
  ///   each header (RFC 9113, 6.5.2).
  package init(maxListSize: Int) {
    self.maxListSize = maxListSize
  }

  /// Makes ready for another request, with the memory of this one.
  package mutating func reset() {
    if latestPath.capacity > 256 { latestPath = [] }
    hasPath = false
    isPost = false
    isGRPC = false
    timeout = .none
    listSize = 0
    // Seldom set, and costly to set.
    if !method.isEmpty { method = "" }
    if contentType != nil { contentType = nil }
    if encoding != nil { encoding = nil }
  }

  package mutating func received(name: RawSpan, value: RawSpan) {
    listSize += name.byteCount + value.byteCount + 32
    guard listSize <= maxListSize else { return }
    switch name.byteCount {
    case 5 where name.equals(":path"):
      // A client calls few methods: comparing is a third of the cost of copying.
      hasPath = true
      guard !latestPath.withUnsafeBytes({ value.equals($0) }) else { return }
      latestPath.removeAll(keepingCapacity: true)
      value.copy(to: &latestPath)
    case 7 where name.equals(":method"):
      isPost = value.equals("POST")
      if !isPost { method = value.text(limit: Self.quoteLimit) }
    case 12 where name.equals("content-type"):
      isGRPC = Self.isGRPC(value)
      if !isGRPC { contentType = value.text(limit: Self.quoteLimit) }
    case 12 where name.equals("grpc-timeout"):
      let parsed = GRPCTimeout.parse(value)
      timeout = parsed.map { .after($0) } ?? .malformed(value.text(limit: Self.quoteLimit))
    case 13 where name.equals("grpc-encoding"):
      if !value.equals("identity") { encoding = value.text(limit: Self.quoteLimit) }
    default:
      break
    }
  }

  /// What to do with the request, once all its headers are in. The content type is judged first:
  /// only a gRPC client understands the other answers.
  package var verdict: Verdict {
    guard listSize <= maxListSize else {
      return .refuse(
        httpStatus: 431,
        RPCStatus(
          .resourceExhausted,
          "headers of \(listSize) bytes are more than the \(maxListSize) that are accepted"))
    }
    guard isGRPC else {
      let found = contentType.map { "found \"\($0)\"" } ?? "found none"
      return .foreign(
        httpStatus: 415,
        RPCStatus(.invalidArgument, "expected the content-type application/grpc, \(found)"))
    }
    guard isPost else {
      return .refuse(
        httpStatus: 405, RPCStatus(.internal, "expected the method POST, found \"\(method)\""))
    }
    if let encoding {
      return .refuse(
        httpStatus: 200,
        RPCStatus(
          .unimplemented, "grpc-encoding \"\(encoding)\" is not supported, only identity is"))
    }
    return switch timeout {
    case .none: .call(timeout: nil)
    case .after(let duration): .call(timeout: duration)
    case .malformed(let text): .refuse(httpStatus: 200, Self.malformedTimeout(text))
    }
  }

  /// INTERNAL, as grpc-go answers and as gRPC's maintainers agreed on (grpc/grpc#26401).
  private static func malformedTimeout(_ text: String) -> RPCStatus {
    RPCStatus(
      .internal,
      "malformed grpc-timeout \"\(text)\": expected 1 to 8 digits and one of the units H M S m u n")
  }

  /// `application/grpc`, alone or followed by `+format` or `;parameters`.
  private static func isGRPC(_ value: RawSpan) -> Bool {
    let prefix: StaticString = "application/grpc"
    guard value.startsIgnoringCase(with: prefix) else { return false }
    guard value.byteCount > prefix.utf8CodeUnitCount else { return true }
    let next = value.byte(at: prefix.utf8CodeUnitCount)
    return next == UInt8(ascii: "+") || next == UInt8(ascii: ";")
  }
}
