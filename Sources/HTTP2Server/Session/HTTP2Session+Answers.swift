internal import CNGHTTP2
internal import GRPCWire

/// How answers reach nghttp2: messages through the queue of their slot, and what ends a call.
extension HTTP2Session {
  /// Whether the client has no more calls open than the settings allow, the latest included.
  var isWithinStreams: Bool {
    limits.concurrentStreams.map { callCount <= Int($0) } ?? true
  }

  /// Turns a call away that the client may make again.
  func turnAway(_ slot: StreamSlot.Pointer) {
    _ = slot.pointee.lifecycle.ended(.unavailable)
    reset(slot.pointee.stream, NGHTTP2_REFUSED_STREAM)
  }

  /// Refuses a call for its headers or its path. Nothing of its body is looked at.
  func refuse(_ slot: StreamSlot.Pointer, httpStatus: Int, _ status: RPCStatus) {
    _ = slot.pointee.lifecycle.ended(status.code)
    submitTrailersOnly(slot, httpStatus: httpStatus, status)
  }

  /// Answers a request that is not gRPC: a short text for people, and gRPC's status for gRPC clients
  /// whose content type a proxy has changed.
  func answerForeign(_ slot: StreamSlot.Pointer) {
    guard case .foreign(let httpStatus, let status) = slot.pointee.ending,
      slot.pointee.lifecycle.ended(status.code) != .drop
    else { return }
    var fields = HeaderFields()
    fields.add(":status", String(httpStatus).utf8)
    fields.add("content-type", "text/plain; charset=utf-8".utf8)
    fields.add(status)
    let body = Array("\(status.message)\n".utf8)
    let hasBody = !slot.pointee.head.isHEAD && hasRoom(for: body, on: slot)
    let stream = slot.pointee.stream
    guard hasBody else {
      return fields.withFields { fields, count in
        submit { nghttp2_submit_response(session, stream, fields, count, nil) }
      }
    }
    slot.pointee.ending = .body
    enqueue(body, on: slot)
    var provider = Self.dataProvider(slot: slot)
    fields.withFields { fields, count in
      submit { nghttp2_submit_response(session, stream, fields, count, &provider) }
    }
  }

  /// Queues a message. A queue that is full ends the RPC.
  func send(_ slot: StreamSlot.Pointer, frame: [UInt8]) {
    guard hasRoom(for: frame, on: slot) else {
      events.append(.exceeded(.outboundBuffer))
      abort(
        slot,
        RPCStatus(
          .resourceExhausted, "the client reads too slowly: too many messages wait to be sent"))
      return
    }
    // A short answer is in what every call is counted with.
    let isCounted = slot.pointee.method?.kind == .unary && frame.count <= SessionLimits.streamCost
    if !isCounted, let limit = takeMemory(for: frame.count) {
      events.append(.exceeded(limit))
      abort(slot, .exhausted(limit))
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

  /// Answers a unary RPC with one message.
  func respond(_ slot: StreamSlot.Pointer, frame: [UInt8]) {
    send(slot, frame: frame)
    end(slot, .ok)
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
        slot.pointee.ending = .trailers(status)
      }
    case .drop:
      break
    }
  }

  /// Ends an RPC at once: what is queued is dropped, since the client's window may be shut for good,
  /// and trailers need none.
  func abort(_ slot: StreamSlot.Pointer, _ status: RPCStatus) {
    let order = slot.pointee.lifecycle.aborted(
      status.code, hasUnsentTrailers: slot.pointee.hasUnsentTrailers)
    guard order != .drop else {
      // A body without trailers can only be cut off.
      if slot.pointee.endsWithBody { reset(slot.pointee.stream, NGHTTP2_CANCEL) }
      return
    }
    queuedBytes -= slot.pointee.queue.byteCount
    slot.pointee.queue.removeAll()
    returnMemory()
    slot.pointee.ending = .open
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
    slot.pointee.progress.moved()
    frames.dataSent()
    queuedBytes -= count
    if slot.pointee.inflow != .flowing,
      slot.pointee.queue.messageCount <= limits.stall.messages / 4,
      slot.pointee.queue.byteCount <= limits.stall.bytes / 4
    {
      events.append(.resumable(slot: slot, isEnd: slot.pointee.inflow == .stalledAtEnd))
      slot.pointee.inflow = .flowing
    }
    guard slot.pointee.queue.isEmpty else { return (count, .moreData) }
    returnMemory()
    switch slot.pointee.ending {
    case .open:
      return (count, .nothingYet)
    case .trailers(let status):
      slot.pointee.ending = .open
      submitTrailers(slot, status)
      return (count, .trailers)
    case .body:
      return (count, .end)
    case .foreign, .sent:
      assertionFailure("no body is read before the answer or after its end")
      return (count, .nothingYet)
    }
  }

  enum OnRead {
    case moreData
    case nothingYet
    case trailers
    /// Nothing: this was the last of the answer.
    case end
  }

  /// Ends a stream with RST_STREAM.
  func reset(_ stream: Int32, _ code: nghttp2_error_code) {
    submit {
      nghttp2_submit_rst_stream(
        session, UInt8(NGHTTP2_FLAG_NONE.rawValue), stream, code.rawValue)
    }
  }

  private func hasRoom(for frame: [UInt8], on slot: StreamSlot.Pointer) -> Bool {
    slot.pointee.queue.hasRoom(forBytes: frame.count, within: limits.queue)
      && queuedBytes + frame.count <= limits.queuedBytes
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
    // For a client whose encoding was the reason (gRPC's compression specification).
    if status.code == .unimplemented { fields.add("grpc-accept-encoding", "identity".utf8) }
    fields.add(status)
    let stream = slot.pointee.stream
    fields.withFields { fields, count in
      submit { nghttp2_submit_response(session, stream, fields, count, nil) }
    }
  }
}

extension HeaderFields {
  fileprivate mutating func add(_ status: RPCStatus) {
    add("grpc-status", String(status.code.rawValue).utf8)
    if !status.message.isEmpty { add("grpc-message", status.encodedMessage) }
  }
}
