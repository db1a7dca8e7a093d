internal import GRPCWire
internal import Time

/// All that a session knows of one stream. Slots are used again, so that a request costs no memory
/// of its own; a slot is free between the processing of its stream's end and the next stream.
///
/// A slot has a fixed address, by which nghttp2's callbacks find it. It belongs to its session, which
/// frees it no earlier than all streams of that time have ended.
///
/// Not copyable: what reads one field would otherwise copy, and count the references of, all of them,
/// which took 1,000 instructions of a call.
struct StreamSlot: ~Copyable {
  typealias Pointer = UnsafeMutablePointer<StreamSlot>

  /// The HTTP/2 stream; 0 in a free slot.
  var stream: Int32 = 0
  var head: RequestHead
  var lifecycle = RPCLifecycle(kind: .unary)
  /// Nil when the headers are not complete, or the call was refused for them.
  var method: RPCMethod?
  /// Whether the headers were complete, and the stream was counted.
  var isOpen = false
  var arrival = MonotonicTime(nanoseconds: 0)
  var deadline: WorkerTimeouts.Token?

  var deframer: MessageDeframer
  /// The message of a unary or server-streaming RPC, until the client is done.
  var held: [UInt8] = []
  /// What has come on a bidirectional RPC whose answers the client does not read fast enough.
  var stash: [UInt8] = []
  var isStalled = false
  /// Whether the client was done while the RPC was stalled.
  var hasEndBehindStash = false
  /// The bytes of this slot that its session has counted as buffered.
  var countedBytes = 0

  var queue = FrameQueue()
  /// Whether the client takes what the queue holds.
  var progress = Progress()
  /// What the trailers say, while they wait for the queue.
  var trailers: RPCStatus?
  /// What a request that is not gRPC is answered with, once it has ended.
  var foreignAnswer: (httpStatus: Int, status: RPCStatus)?
  /// Whether the answer ends with its body, and has no trailers.
  var endsWithData = false
  /// Whether the last byte of the answer has gone.
  var isAnswerSent = false

  init(limits: SessionLimits) {
    head = RequestHead(maxListSize: limits.headerListSize)
    deframer = MessageDeframer(maxMessageSize: limits.messageSize)
  }

  /// Frees the slot. Writes only what a call without anything unusual has changed, and what is left of
  /// others.
  mutating func reset() {
    stream = 0
    head.reset()
    method = nil
    isOpen = false
    deadline = nil
    progress = Progress()
    deframer.reset()
    if !held.isEmpty { held = [] }
    if !stash.isEmpty { stash = [] }
    isStalled = false
    hasEndBehindStash = false
    countedBytes = 0
    queue.removeAll()
    if trailers != nil { trailers = nil }
    if foreignAnswer != nil { foreignAnswer = nil }
    endsWithData = false
    isAnswerSent = false
  }

  /// Whether the client still owes the rest of a request that has one message.
  var awaitsRequest: Bool {
    isOpen && lifecycle.isReading && method?.kind != .bidirectionalStreaming
  }

  /// The bytes of the request that are kept for later.
  var bufferedBytes: Int { deframer.bufferedBytes + held.count + stash.count }
}
