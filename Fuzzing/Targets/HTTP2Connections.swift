internal import GRPCWire

@testable internal import HTTP2Server

extension FuzzTarget {
  /// Whole HTTP/2 connections: everything behind the socket of a worker, with a service that answers
  /// in every way.
  ///
  /// The last byte says how the bytes are cut into reads and what happens meanwhile
  /// (`ConnectionTreatment`). No socket and no clock take part, so that an input always does the
  /// same.
  static let http2Connection = FuzzTarget("http2-connection", maxLength: 20_000) { loop in
    let worker = FuzzedWorker(on: loop)
    return { bytes throws(Broken) in
      var input = FuzzInput(bytes)
      let treatment = ConnectionTreatment(input.takeByte())
      try worker.serve(Array(input.bytes), treatment)
    }
  }
}

/// What becomes of a connection beside its bytes.
struct ConnectionTreatment {
  /// How many bytes each read brings.
  let chunkSize: Int
  /// The server begins to drain in the middle.
  let isDrained: Bool
  /// Nothing is written before the client has said everything.
  let isWrittenLate: Bool
  /// Deadlines pass and stalled streams are ended before the connection is.
  let isLeftWaiting: Bool

  init(_ choice: UInt8) {
    chunkSize = [20_000, 1, 9, 50, 333, 1000, 4096, 16_384][Int(choice & 7)]
    isDrained = choice & 8 != 0
    isWrittenLate = choice & 16 != 0
    isLeftWaiting = choice & 32 != 0
  }
}
