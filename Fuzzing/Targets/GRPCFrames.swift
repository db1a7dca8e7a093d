internal import GRPCWire

extension FuzzTarget {
  /// The body of a request, whole and as HTTP/2 may cut it: the messages are the same.
  static let grpcFrames = FuzzTarget("grpc-frames", maxLength: 256) { bytes throws(Broken) in
    let whole = try DeframedBody(bytes, inChunksOf: max(bytes.count, 1))
    for size in [1, 3, 7, 64] {
      let cut = try DeframedBody(bytes, inChunksOf: size)
      try require(cut == whole, "chunks of \(size) bytes give \(cut), the whole \(whole)")
    }
  }
}

/// What a body is made of.
private struct DeframedBody: Equatable {
  var messages: [[UInt8]] = []
  var failure: RPCStatus?
  var statusAtEnd: RPCStatus?

  /// So short that messages beyond the limit are soon found.
  private static let maxMessageSize = 40

  init(_ bytes: [UInt8], inChunksOf size: Int) throws(Broken) {
    var deframer = MessageDeframer(maxMessageSize: Self.maxMessageSize)
    var start = 0
    while start < bytes.count, failure == nil {
      let end = min(start + size, bytes.count)
      try read(bytes.span.bytes.extracting(start..<end), with: &deframer)
      start = end
      try require(
        deframer.bufferedBytes <= Self.maxMessageSize, "more is kept than a message may have")
    }
    guard failure == nil else { return }
    statusAtEnd = deframer.statusAtEnd()
    try require(
      (statusAtEnd == nil) == deframer.isAtBoundary, "the end of the body is judged in two ways")
  }

  private mutating func read(
    _ chunk: RawSpan, with deframer: inout MessageDeframer
  ) throws(Broken) {
    var offset = 0
    while true {
      let before = offset
      switch deframer.next(in: chunk, from: &offset) {
      case .needsMore:
        try require(offset == chunk.byteCount, "a chunk is left unread")
        return
      case .message(let range):
        messages.append(chunk.extracting(range).withUnsafeBytes { Array($0) })
      case .assembledMessage:
        messages.append(deframer.takeAssembled())
      case .failed(let status):
        try requireStatus(status)
        failure = status
        return
      }
      try require(offset > before, "a message was made of nothing")
    }
  }
}
