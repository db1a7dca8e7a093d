internal import GRPCWire

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
  var deadline: DeadlineQueue<Timeout>.Token?

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
  /// Whether something of the queue was sent since the last look at it.
  var hasMoved = false
  /// How often in a row a look has found that nothing was.
  var stillLooks = 0
  /// What the trailers say, while they wait for the queue.
  var trailers: RPCStatus?
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
    hasMoved = false
    stillLooks = 0
    deframer.reset()
    if !held.isEmpty { held = [] }
    if !stash.isEmpty { stash = [] }
    isStalled = false
    hasEndBehindStash = false
    countedBytes = 0
    queue.removeAll()
    if trailers != nil { trailers = nil }
    isAnswerSent = false
  }

  /// Whether the client still owes the rest of a request that has one message.
  var awaitsRequest: Bool {
    isOpen && lifecycle.isReading && method?.kind != .bidirectionalStreaming
  }

  /// The bytes of the request that are kept for later.
  var bufferedBytes: Int { deframer.bufferedBytes + held.count + stash.count }
}
