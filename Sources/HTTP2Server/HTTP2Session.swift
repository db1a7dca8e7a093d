internal import CNGHTTP2
internal import GRPCWire

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
  }

  var events: [SessionEvent] = []
  /// The slot whose header block is being read.
  var headSlot: StreamSlot.Pointer?
  /// All slots, which this session frees, and those that no stream has.
  private var slots: [StreamSlot.Pointer] = []
  private var freeSlots: [StreamSlot.Pointer] = []
  /// Set when the streams were ended without nghttp2, which must not find their slots any more.
  private var isAbandoned = false
  /// Whether nghttp2 was refused memory.
  private var ranOutOfMemory = false
  /// Whether something was not submitted to nghttp2, because memory was short.
  private var hasOmissions = false
  /// The error code of a GOAWAY that nghttp2 sent because the client broke the protocol.
  var sentError: UInt32?

  /// The bytes of messages that wait for the client's window.
  private(set) var queuedBytes = 0
  /// The bytes of requests that are not complete.
  private(set) var bufferedBytes = 0

  let limits: SessionLimits
  private var session: OpaquePointer?
  /// Has the memory that the session is made of.
  private let template: SessionTemplate

  /// Fails when memory has run out.
  init?(_ template: SessionTemplate) {
    self.template = template
    limits = template.limits
    session = template.makeSession(context: Unmanaged.passUnretained(self).toOpaque())
    guard session != nil else { return nil }
  }

  deinit {
    // An allocation that failed, the reserve being used up, leaves streams with items that nghttp2 has
    // freed. What it still holds is lost; the alternative is to corrupt what it does not.
    if !ranOutOfMemory { nghttp2_session_del(session) }
    freeMemory()
  }

  // MARK: Bytes

  /// Reads what the client has sent, all of it; what it means is in `events` afterwards.
  ///
  /// nghttp2_session_mem_recv fails with NGHTTP2_ERR_BAD_CLIENT_MAGIC for a wrong preface, with
  /// NGHTTP2_ERR_FLOODED when a limit of the options is passed, and with NGHTTP2_ERR_NOMEM or, from
  /// our callback, NGHTTP2_ERR_CALLBACK_FAILURE when memory is short. Lesser violations end in a GOAWAY
  /// that is queued like any other frame.
  func receive(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
    let count = nghttp2_session_mem_recv(
      session, bytes.assumingMemoryBound(to: UInt8.self).baseAddress, bytes.count)
    if count == Int(NGHTTP2_ERR_BAD_CLIENT_MAGIC.rawValue) { throw .badPreface }
    note(Int32(clamping: count))
    if count < 0 { throw .broken(Self.text(ofError: Int32(count))) }
    try checkMemory()
  }

  /// Appends what is to be sent to `output`, until that is all or `limits.outputBatch` is reached.
  ///
  /// - Returns: whether that was all.
  func pull(into output: inout [UInt8]) throws(Failure) -> Bool {
    while output.count < limits.outputBatch {
      try checkMemory()
      var bytes: UnsafePointer<UInt8>?
      let count = nghttp2_session_mem_send(session, &bytes)
      note(Int32(clamping: count))
      if count < 0 { throw .broken(Self.text(ofError: Int32(count))) }
      if count == 0 { return true }
      output.append(contentsOf: UnsafeBufferPointer(start: bytes, count: count))
    }
    return false
  }

  /// Submits something to nghttp2, unless memory is short: the connection then ends with the next
  /// look at it, for what was not submitted will never be sent. Errors other than that mean that the
  /// stream is gone.
  func submit(_ body: () -> Int32) {
    guard !isShortOfMemory else {
      hasOmissions = true
      return
    }
    note(body())
  }

  /// Whether nothing more may be asked of nghttp2.
  var isShortOfMemory: Bool { ranOutOfMemory || hasOmissions || template.isShortOfMemory }

  private func note(_ code: Int32) {
    if code == NGHTTP2_ERR_NOMEM.rawValue { ranOutOfMemory = true }
  }

  private func checkMemory() throws(Failure) {
    guard isShortOfMemory else { return }
    throw .broken(Self.text(ofError: NGHTTP2_ERR_NOMEM.rawValue))
  }

  /// Whether HTTP/2 has come to its end on this connection.
  var isOver: Bool {
    nghttp2_session_want_read(session) == 0 && nghttp2_session_want_write(session) == 0
  }

  /// What waits to be sent, in bytes; frames without data count with what they cost in memory.
  var outputBacklog: Int {
    queuedBytes + 256 * nghttp2_session_get_outbound_queue_size(session)
  }

  // MARK: Slots

  /// The slot of an open stream. nghttp2 keeps it as the stream's user data.
  func slot(of stream: Int32) -> StreamSlot.Pointer? {
    guard !isAbandoned else { return nil }
    return nghttp2_session_get_stream_user_data(session, stream)?
      .assumingMemoryBound(to: StreamSlot.self)
  }

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
    nghttp2_session_set_stream_user_data(session, stream, slot)
    return slot
  }

  /// Frees the slot of a stream that nghttp2 has closed.
  func releaseSlot(_ slot: StreamSlot.Pointer) {
    queuedBytes -= slot.pointee.queue.byteCount
    bufferedBytes -= slot.pointee.countedBytes
    slot.pointee.reset(limits: limits)
    freeSlots.append(slot)
    // A burst of calls leaves no memory behind.
    if freeSlots.count == slots.count, slots.count > 256 { freeMemory() }
  }

  /// Forgets all events and streams: nghttp2 will not be called again.
  func abandon() {
    isAbandoned = true
    events = []
  }

  /// Counts what the slot buffers of its request.
  ///
  /// - Returns: false when the connection buffers too much.
  func accountForBufferedBytes(of slot: StreamSlot.Pointer) -> Bool {
    let bytes = slot.pointee.bufferedBytes
    bufferedBytes += bytes - slot.pointee.countedBytes
    slot.pointee.countedBytes = bytes
    return bufferedBytes <= limits.bufferedBytes
  }

  // MARK: Flow control of requests

  /// Gives the window of bytes that were received back to the connection.
  func returnConnectionWindow(_ count: Int) {
    submit { nghttp2_session_consume_connection(session, count) }
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

  // MARK: Answers

  /// Refuses a call for its headers or its path. Nothing of its body is looked at.
  func refuse(_ slot: StreamSlot.Pointer, httpStatus: Int, _ status: RPCStatus) {
    _ = slot.pointee.lifecycle.ended(status.code)
    submitTrailersOnly(slot, httpStatus: httpStatus, status)
  }

  /// Queues a message. A queue that is full ends the RPC.
  func send(_ slot: StreamSlot.Pointer, frame: [UInt8]) {
    guard hasRoom(for: frame, on: slot) else {
      abort(
        slot,
        RPCStatus(
          .resourceExhausted, "the client reads too slowly: too many messages wait to be sent"))
      return
    }
    switch slot.pointee.lifecycle.messageSent() {
    case .sendHeadersAndMessage:
      enqueue(frame, on: slot)
      submitResponse(slot)
    case .sendMessage:
      enqueue(frame, on: slot)
      submit { nghttp2_session_resume_data(session, slot.pointee.stream) }
    case .drop:
      break
    }
  }

  /// Ends an RPC after the messages that are queued.
  func end(_ slot: StreamSlot.Pointer, _ status: RPCStatus) {
    switch slot.pointee.lifecycle.ended(status.code) {
    case .sendTrailersOnly:
      submitTrailersOnly(slot, httpStatus: 200, status)
    case .sendTrailers:
      if slot.pointee.queue.isEmpty {
        submitTrailers(slot, status)
      } else {
        slot.pointee.trailers = status
      }
    case .drop:
      break
    }
  }

  /// Ends an RPC at once: what is queued is dropped, since the client's window may be shut for good,
  /// and trailers need none.
  func abort(_ slot: StreamSlot.Pointer, _ status: RPCStatus) {
    let order = slot.pointee.lifecycle.aborted(
      status.code, hasUnsentTrailers: slot.pointee.trailers != nil)
    guard order != .drop else { return }
    queuedBytes -= slot.pointee.queue.byteCount
    slot.pointee.queue.removeAll()
    slot.pointee.trailers = nil
    if order == .sendTrailersOnly {
      submitTrailersOnly(slot, httpStatus: 200, status)
    } else {
      submitTrailers(slot, status)
    }
  }

  /// Moves queued bytes of a message into a DATA frame, for nghttp2.
  ///
  /// - Returns: how many bytes, and what they are followed by.
  func readQueue(
    of slot: StreamSlot.Pointer, into buffer: UnsafeMutableRawBufferPointer
  ) -> (count: Int, next: OnRead) {
    let count = slot.pointee.queue.read(into: buffer)
    slot.pointee.hasMoved = true
    queuedBytes -= count
    if slot.pointee.isStalled,
      slot.pointee.queue.messageCount <= limits.stall.messages / 4,
      slot.pointee.queue.byteCount <= limits.stall.bytes / 4
    {
      slot.pointee.isStalled = false
      events.append(.resumable(slot: slot))
    }
    guard slot.pointee.queue.isEmpty else { return (count, .moreData) }
    guard let status = slot.pointee.trailers else { return (count, .nothingYet) }
    slot.pointee.trailers = nil
    submitTrailers(slot, status)
    return (count, .trailers)
  }

  enum OnRead {
    case moreData
    case nothingYet
    case trailers
  }

  // MARK: Private

  private func hasRoom(for frame: [UInt8], on slot: StreamSlot.Pointer) -> Bool {
    slot.pointee.queue.hasRoom(forBytes: frame.count, within: limits.queue)
      && queuedBytes + frame.count <= limits.queuedBytes
  }

  private func freeMemory() {
    for slot in slots {
      slot.deinitialize(count: 1)
      slot.deallocate()
    }
    slots = []
    freeSlots = []
  }

  private func enqueue(_ frame: [UInt8], on slot: StreamSlot.Pointer) {
    slot.pointee.queue.append(frame)
    queuedBytes += frame.count
  }

  private func submitResponse(_ slot: StreamSlot.Pointer) {
    var provider = Self.dataProvider(slot: slot)
    let fields = ConstantFields.response
    submit {
      nghttp2_submit_response(
        session, slot.pointee.stream, fields.fields, fields.count, &provider)
    }
  }

  private func submitTrailers(_ slot: StreamSlot.Pointer, _ status: RPCStatus) {
    let stream = slot.pointee.stream
    if status == .ok {
      let fields = ConstantFields.okTrailers
      submit { nghttp2_submit_trailer(session, stream, fields.fields, fields.count) }
      return
    }
    var fields = HeaderFields()
    fields.add(status)
    fields.withFields { fields, count in
      submit { nghttp2_submit_trailer(session, stream, fields, count) }
    }
  }

  private func submitTrailersOnly(_ slot: StreamSlot.Pointer, httpStatus: Int, _ status: RPCStatus)
  {
    var fields = HeaderFields()
    fields.add(":status", String(httpStatus).utf8)
    fields.add("content-type", "application/grpc".utf8)
    fields.add("grpc-accept-encoding", "identity".utf8)
    fields.add(status)
    let stream = slot.pointee.stream
    fields.withFields { fields, count in
      submit { nghttp2_submit_response(session, stream, fields, count, nil) }
    }
  }

  private static func text(ofError code: Int32) -> String {
    String(cString: nghttp2_strerror(code))
  }
}

extension HeaderFields {
  fileprivate mutating func add(_ status: RPCStatus) {
    add("grpc-status", String(status.code.rawValue).utf8)
    if !status.message.isEmpty { add("grpc-message", status.encodedMessage) }
  }
}
