internal import CNGHTTP2
internal import GRPCWire
internal import Time

/// One HTTP/2 connection as nghttp2 sees it: bytes in, events out; answers in, bytes out. It knows no
/// socket, so that a layer that encrypts can stand between the two.
///
/// The owner of the `nghttp2_session`, whose callbacks find it through an unretained pointer: it
/// outlives the session, which its `deinit` frees. Confined to its worker's loop.
///
/// nghttp2's callbacks only fill slots and `events`; all else happens after nghttp2 has returned.
final class HTTP2Session {
  /// Why nghttp2 can read no further.
  enum Failure: Error, Equatable {
    /// The first bytes are not those of an HTTP/2 client.
    case badPreface
    case broken(String)
    /// The client ran into a limit that the connection does not survive.
    case exceeded(ServerLimit)
  }

  /// How the client leaves, as far as that is known.
  enum Departure {
    case none
    /// It has said that it ends the connection in good order.
    case farewell
    /// It broke the protocol, and a GOAWAY that says so was sent.
    case expulsion
  }

  var events: [SessionEvent] = []
  /// The slot that was looked up last: frames of one stream follow each other, and the look-up
  /// in nghttp2 that this spares was five in a call.
  var recentSlot: StreamSlot.Pointer?
  /// The slot whose header block is being read.
  var headSlot: StreamSlot.Pointer?
  /// The stream of a header block that is not complete, or may not be; else 0.
  var openHead: Int32 = 0
  /// The length of that header block so far, as RFC 9113, 6.5.2, counts it.
  var blockSize = 0
  /// All slots, which this session frees, and those that no stream has.
  private var slots: [StreamSlot.Pointer] = []
  private var freeSlots: [StreamSlot.Pointer] = []
  /// Whether the first frame has been sent.
  private var hasAnnouncedStreams = false
  /// Whether the streams were ended without nghttp2, which is gone.
  private var isAbandoned: Bool { session == nil }
  var departure = Departure.none
  /// Whether something has come that nghttp2 cannot read, and what follows is dropped.
  private(set) var isUnreadable = false
  /// A limit that the client ran into while nghttp2 was at work.
  var exceeded: ServerLimit?
  /// Follows what the client sends.
  var frames: InboundFrames
  /// The streams whose windows the client's own updates have overflowed, which ends them alone.
  var overflowedStreams: Set<Int32> = []
  /// Read whenever bytes come.
  private(set) var now = MonotonicTime(nanoseconds: 0)

  /// The bytes of messages that wait for the client's window.
  var queuedBytes = 0
  /// The bytes of DATA whose window the connection has not got back.
  var receivedBytes = 0
  /// The bytes of requests that are not complete.
  private(set) var bufferedBytes = 0
  /// The slots whose headers are complete.
  private(set) var callCount = 0
  /// What this session has taken of the memory for the calls of all connections.
  private var takenMemory = 0

  let limits: SessionLimits
  /// Nil once the session is abandoned.
  private(set) var session: OpaquePointer?
  /// Has the memory that the session is made of.
  private let template: SessionTemplate

  init(_ template: SessionTemplate) {
    self.template = template
    limits = template.limits
    frames = InboundFrames(limits: limits.floods)
    session = template.makeSession(context: Unmanaged.passUnretained(self).toOpaque())
  }

  deinit {
    freeSession()
    freeMemory()
    template.memory.giveBack(takenMemory)
  }

  // MARK: Bytes

  /// Reads some of what the client has sent, as much as is dealt with quickly; what it means is in
  /// `events` afterwards. Lesser violations end in a GOAWAY that is queued like any other frame. An
  /// abandoned session drops the bytes.
  ///
  /// - Returns: how many bytes were read. None counts after an error of the connection.
  func receive(
    _ bytes: UnsafeRawBufferPointer, now: MonotonicTime
  ) throws(Failure) -> Int {
    guard !isAbandoned, !isUnreadable else { return bytes.count }
    self.now = now
    let piece = frames.next(in: bytes.bytes, now: now)
    try read(UnsafeRawBufferPointer(rebasing: bytes[..<piece.count]))
    returnConnectionWindow()
    for stream in frames.takeStrays() {
      reset(Int32(stream), NGHTTP2_STREAM_CLOSED)
    }
    if let exceeded { throw .exceeded(exceeded) }
    switch piece.refusal {
    case nil: return piece.count
    case .flood(let limit): throw .exceeded(limit)
    case .fieldTooLong:
      isUnreadable = true
      events.append(.unreadable)
      return bytes.count
    case .error(let code):
      terminate(code)
      return bytes.count
    }
  }

  /// nghttp2_session_mem_recv fails with NGHTTP2_ERR_BAD_CLIENT_MAGIC for a wrong preface, with
  /// NGHTTP2_ERR_FLOODED for answers to PING and SETTINGS that wait, or settings in one frame, with
  /// NGHTTP2_ERR_TOO_MANY_CONTINUATIONS, and with NGHTTP2_ERR_CALLBACK_FAILURE when a callback has set
  /// `exceeded`. Never with NGHTTP2_ERR_NOMEM: the pool ends the process first.
  private func read(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
    let count = nghttp2_session_mem_recv(
      session, bytes.assumingMemoryBound(to: UInt8.self).baseAddress, bytes.count)
    switch Int32(clamping: min(count, 0)) {
    case 0: return
    case NGHTTP2_ERR_BAD_CLIENT_MAGIC.rawValue: throw .badPreface
    case NGHTTP2_ERR_FLOODED.rawValue: throw .exceeded(.pendingAcks)
    case NGHTTP2_ERR_TOO_MANY_CONTINUATIONS.rawValue: throw .exceeded(.continuations)
    case let code: throw exceeded.map { .exceeded($0) } ?? .broken(Self.text(ofError: code))
    }
  }

  /// Queues a GOAWAY with an error; nothing that the client sends is read any more.
  func terminate(_ code: InboundFrames.ErrorCode) {
    submit { nghttp2_session_terminate_session(session, code.rawValue) }
  }

  /// Appends what is to be sent to `output`, until that is all or `limits.outputBatch` is reached.
  ///
  /// - Returns: whether that was all.
  func pull(into output: inout [UInt8]) throws(Failure) -> Bool {
    guard !isAbandoned else { return true }
    while output.count < limits.outputBatch {
      var bytes: UnsafePointer<UInt8>?
      let count = nghttp2_session_mem_send(session, &bytes)
      if count < 0 { throw .broken(Self.text(ofError: Int32(count))) }
      if count == 0 { return true }
      output.append(contentsOf: UnsafeBufferPointer(start: bytes, count: count))
      if !hasAnnouncedStreams { announceStreams(in: &output) }
    }
    return false
  }

  /// Submits something to nghttp2, unless the session is abandoned. An error means that the stream
  /// has ended, and nothing is left to be said on it.
  func submit(_ body: () -> Int32) {
    guard !isAbandoned else { return }
    _ = body()
  }

  /// Adds SETTINGS_MAX_CONCURRENT_STREAMS to the first frame that is sent, which is SETTINGS. nghttp2
  /// does not know of it: it would end the connection where RFC 9113, 5.1.2, wants the stream reset.
  private func announceStreams(in output: inout [UInt8]) {
    hasAnnouncedStreams = true
    guard let streams = limits.concurrentStreams, output.count >= 9, output[0] == 0 else { return }
    let length = UInt16(output[1]) << 8 | UInt16(output[2])
    let longer = length + 6
    output[1] = UInt8(longer >> 8)
    output[2] = UInt8(longer & 255)
    let id = UInt8(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS.rawValue)
    let value = [24, 16, 8, 0].map { UInt8(streams >> UInt32($0) & 255) }
    output.insert(contentsOf: [0, id] + value, at: 9 + Int(length))
  }

  /// Whether HTTP/2 has come to its end on this connection.
  var isOver: Bool {
    isAbandoned
      || nghttp2_session_want_read(session) == 0 && nghttp2_session_want_write(session) == 0
  }

  /// What waits to be sent, in bytes; frames without data count with what they cost in memory. Nothing
  /// once the session is abandoned.
  var outputBacklog: Int {
    guard let session else { return 0 }
    return queuedBytes + 256 * nghttp2_session_get_outbound_queue_size(session)
  }

  // MARK: Slots

  /// The slot of an open stream. nghttp2 keeps it as the stream's user data.
  func slot(of stream: Int32) -> StreamSlot.Pointer? {
    guard !isAbandoned else { return nil }
    // A free slot has the stream 0, and a number is used once.
    if let recentSlot, recentSlot.pointee.stream == stream { return recentSlot }
    recentSlot = nghttp2_session_get_stream_user_data(session, stream)?
      .assumingMemoryBound(to: StreamSlot.self)
    return recentSlot
  }

  /// Whether a stream is open.
  var hasCalls: Bool { freeSlots.count < slots.count }

  /// The slots of the streams that are open.
  var openSlots: [StreamSlot.Pointer] {
    slots.filter { $0.pointee.stream != 0 }
  }

  /// Gives a new stream a slot.
  func occupySlot(for stream: Int32) -> StreamSlot.Pointer {
    let slot: StreamSlot.Pointer
    if let free = freeSlots.popLast() {
      slot = free
    } else {
      slot = .allocate(capacity: 1)
      slot.initialize(to: StreamSlot(limits: limits))
      slots.append(slot)
    }
    slot.pointee.stream = stream
    recentSlot = slot
    nghttp2_session_set_stream_user_data(session, stream, slot)
    return slot
  }

  /// The headers of the slot's request are complete.
  func openSlot(_ slot: StreamSlot.Pointer) {
    assert(!slot.pointee.isOpen && slot.pointee.stream != 0, "a call is opened once, on a stream")
    slot.pointee.isOpen = true
    callCount += 1
  }

  /// Frees the slot of a stream that nghttp2 has closed.
  func releaseSlot(_ slot: StreamSlot.Pointer) {
    assert(slot.pointee.stream != 0, "a slot is released once")
    assert(slot.pointee.isOpen || slot.pointee.method == nil, "no method before the headers")
    if slot.pointee.isOpen { callCount -= 1 }
    queuedBytes -= slot.pointee.queue.byteCount
    bufferedBytes -= slot.pointee.countedBytes
    assert(callCount >= 0 && queuedBytes >= 0 && bufferedBytes >= 0, "the counts are of the slots")
    slot.pointee.reset()
    freeSlots.append(slot)
    returnMemory()
    // A burst of calls leaves no memory behind.
    if freeSlots.count == slots.count, slots.count > 256 { freeMemory() }
  }

  /// Forgets all events and streams: nghttp2 will not be called again. Its memory is freed at
  /// once, since the connection may linger.
  func abandon() {
    events = []
    freeSession()
  }

  /// Counts what the slot buffers of its request.
  ///
  /// - Returns: the limit that was passed, when it buffers more than before.
  func accountForBufferedBytes(of slot: StreamSlot.Pointer) -> ServerLimit? {
    let growth = slot.pointee.bufferedBytes - slot.pointee.countedBytes
    guard growth != 0 else { return nil }
    bufferedBytes += growth
    slot.pointee.countedBytes += growth
    guard growth < 0 else { return takeMemory() }
    returnMemory()
    return nil
  }

  /// Makes sure of the memory that the calls of the connection hold, the latest included.
  ///
  /// - Parameter extra: in bytes, what will be held besides.
  /// - Returns: the limit beyond which that is, the connection's or that of all.
  func takeMemory(for extra: Int = 0) -> ServerLimit? {
    let needed = neededMemory + extra
    guard needed <= limits.memory else { return .memory }
    guard needed > takenMemory else { return nil }
    let growth = CallMemory.portions(for: needed) - takenMemory
    guard template.memory.take(growth, besides: takenMemory) else { return .callMemory }
    takenMemory += growth
    return nil
  }

  /// Gives back what is not needed any more, but for one portion.
  func returnMemory() {
    let kept = CallMemory.portions(for: neededMemory) + CallMemory.portion
    guard takenMemory > kept else { return }
    template.memory.giveBack(takenMemory - kept)
    takenMemory = kept
  }

  private var neededMemory: Int {
    callCount * SessionLimits.streamCost + bufferedBytes + queuedBytes
  }

  // MARK: Flow control of requests

  /// Gives the window of what was received back to the connection.
  private func returnConnectionWindow() {
    guard receivedBytes > 0 else { return }
    submit { nghttp2_session_consume_connection(session, receivedBytes) }
    receivedBytes = 0
  }

  /// Gives the window of bytes that were dealt with back to the stream; none if that is gone.
  func returnStreamWindow(of slot: StreamSlot.Pointer, _ count: Int) {
    submit { nghttp2_session_consume_stream(session, slot.pointee.stream, count) }
  }

  // MARK: End of the connection

  /// The first GOAWAY of a drain. A PING follows once it is sent; its answer proves that the client
  /// has read both.
  func announceDrain() {
    submit { nghttp2_submit_shutdown_notice(session) }
  }

  /// The second GOAWAY: streams that the client opened up to now are answered, later ones are not.
  func sendFinalGoAway() {
    submit {
      nghttp2_submit_goaway(
        session, UInt8(NGHTTP2_FLAG_NONE.rawValue),
        nghttp2_session_get_last_proc_stream_id(session), NGHTTP2_NO_ERROR.rawValue, nil, 0)
    }
  }

  // MARK: Private

  private func freeSession() {
    nghttp2_session_del(session)
    session = nil
  }

  private func freeMemory() {
    for slot in slots {
      slot.deinitialize(count: 1)
      slot.deallocate()
    }
    slots = []
    freeSlots = []
    recentSlot = nil
  }

  private static func text(ofError code: Int32) -> String {
    String(cString: nghttp2_strerror(code))
  }
}
