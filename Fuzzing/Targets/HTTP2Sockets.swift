internal import EventLoop

extension FuzzTarget {
  /// Whole connections on a pair of sockets: the bytes go through a real connection of a worker, on a
  /// loop of its own, and the answers come back as a client would read them.
  ///
  /// The last byte says how the client behaves (`ClientManner`).
  static let http2Socket = FuzzTarget("http2-socket", maxLength: 20_000) {
    bytes throws(Broken) in
    var input = FuzzInput(bytes)
    let manner = ClientManner(input.takeByte())
    try FuzzedSocket.serve(Array(input.bytes), manner)
  }
}

/// How the client of a fuzzed socket behaves.
struct ClientManner {
  /// How many bytes each of its writes has.
  let chunkSize: Int
  /// The server begins to drain in the middle.
  let isDrained: Bool
  /// The client reads nothing, and then resets the connection.
  let readsNothing: Bool
  /// Calls that the service holds are answered in the middle.
  let isAnsweredLate: Bool
  /// The kernel takes few bytes of the server at a time.
  let isNarrow: Bool

  init(_ choice: UInt8) {
    chunkSize = [20_000, 1, 9, 50, 333, 1000, 4096, 16_384][Int(choice & 7)]
    isDrained = choice & 8 != 0
    readsNothing = choice & 16 != 0
    isAnsweredLate = choice & 32 != 0
    isNarrow = choice & 64 != 0
  }
}
