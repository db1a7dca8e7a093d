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

  /// Whether messages of a bidirectional RPC are passed on.
  enum Inflow {
    case flowing
    /// The client does not read the answers fast enough: what comes is stashed.
    case stalled
    /// So it is, and the client is done: the stash is the rest of the request.
    case stalledAtEnd
  }

  /// What ends the answer, and how far that has come.
  enum Ending {
    /// Trailers, which are not known, or are nghttp2's already.
    case open
    /// These trailers, which wait for the queue.
    case trailers(RPCStatus)
    /// A request that is not gRPC, which is answered with this once it has ended.
    case foreign(httpStatus: Int, status: RPCStatus)
    /// The last byte of the body: there are no trailers.
    case body
    /// The last byte of the answer has gone.
    case sent
  }

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
  var inflow = Inflow.flowing
  /// The bytes of this slot that its session has counted as buffered.
  var countedBytes = 0

  var queue = FrameQueue()
  /// Whether the client takes what the queue holds.
  var progress = Progress()
  var ending = Ending.open

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
    inflow = .flowing
    countedBytes = 0
    queue.removeAll()
    ending = .open
  }

  var hasUnsentTrailers: Bool {
    if case .trailers = ending { true } else { false }
  }

  var endsWithBody: Bool {
    if case .body = ending { true } else { false }
  }

  /// Whether the last byte of the answer has gone.
  var isAnswerSent: Bool {
    if case .sent = ending { true } else { false }
  }

  /// Whether the client still owes the rest of a request that has one message.
  var awaitsRequest: Bool {
    isOpen && lifecycle.isReading && method?.kind != .bidirectionalStreaming
  }

  /// The bytes of the request that are kept for later.
  var bufferedBytes: Int { deframer.bufferedBytes + held.count + stash.count }
}
