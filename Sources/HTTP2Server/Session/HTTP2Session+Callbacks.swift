internal import CNGHTTP2
internal import GRPCWire

/// What nghttp2 calls. Each callback finds its session, notes what happened and returns; none calls
/// a service, and none reads or writes.
extension HTTP2Session {
  static func setCallbacks(_ callbacks: OpaquePointer) {
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks) { _, frame, context in
      guard let frame else { return 0 }
      HTTP2Session.withSession(context) {
        $0.beganHeaders(frame.pointee.hd, isRequest: frame.isRequestHead)
      }
      return 0
    }
    nghttp2_session_callbacks_set_on_header_callback(callbacks) {
      _, _, name, nameLength, value, valueLength, _, context in
      let name = UnsafeRawBufferPointer(start: name, count: nameLength)
      let value = UnsafeRawBufferPointer(start: value, count: valueLength)
      var isBomb = false
      HTTP2Session.withSession(context) { session in
        isBomb = session.receivedHeader(name.bytes, value.bytes)
      }
      return isBomb ? NGHTTP2_ERR_CALLBACK_FAILURE.rawValue : 0
    }
    // Without it nghttp2 would pass over a field that RFC 9113, 8.2.1, calls malformed.
    nghttp2_session_callbacks_set_on_invalid_header_callback(callbacks) {
      _, _, _, _, _, _, _, _ in NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue
    }
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks) {
      _, frame, code, context in
      guard let frame else { return 0 }
      if frame.isFarewell {
        HTTP2Session.withSession(context) { $0.departure = .farewell }
        return 0
      }
      guard code == NGHTTP2_ERR_FLOW_CONTROL.rawValue else { return 0 }
      let stream = frame.pointee.hd.stream_id
      HTTP2Session.withSession(context) { _ = $0.overflowedStreams.insert(stream) }
      return 0
    }
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks) {
      _, _, stream, bytes, count, context in
      let bytes = UnsafeRawBufferPointer(start: bytes, count: count)
      HTTP2Session.withSession(context) { $0.receivedData(bytes, on: stream) }
      return 0
    }
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks) { _, frame, context in
      guard let frame else { return 0 }
      HTTP2Session.withSession(context) {
        $0.receivedFrame(frame.pointee.hd, isRequestHead: frame.isRequestHead)
      }
      return 0
    }
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks) { handle, frame, context in
      guard let frame else { return 0 }
      HTTP2Session.withSession(context) { $0.sentFrame(frame, of: handle) }
      return 0
    }
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks) { _, stream, _, context in
      HTTP2Session.withSession(context) { session in
        if session.openHead == stream { session.openHead = 0 }
        guard let slot = session.slot(of: stream) else { return }
        session.events.append(.closed(slot: slot))
      }
      return 0
    }
  }

  /// Where nghttp2 gets the body of an answer from: the queue of `slot`.
  static func dataProvider(slot: StreamSlot.Pointer) -> nghttp2_data_provider {
    var provider = nghttp2_data_provider()
    provider.source.ptr = UnsafeMutableRawPointer(slot)
    provider.read_callback = { _, _, buffer, length, flags, source, context in
      guard let flags, let slot = source?.pointee.ptr?.assumingMemoryBound(to: StreamSlot.self)
      else { return Int(NGHTTP2_ERR_CALLBACK_FAILURE.rawValue) }
      let buffer = UnsafeMutableRawBufferPointer(start: buffer, count: length)
      var result = Int(NGHTTP2_ERR_CALLBACK_FAILURE.rawValue)
      HTTP2Session.withSession(context) { session in
        let (count, next) = session.readQueue(of: slot, into: buffer)
        result = count
        switch next {
        case .moreData:
          break
        case .nothingYet:
          if count == 0 { result = Int(NGHTTP2_ERR_DEFERRED.rawValue) }
        case .trailers:
          // END_STREAM is never on DATA: it comes with the trailers.
          flags.pointee |=
            NGHTTP2_DATA_FLAG_EOF.rawValue | NGHTTP2_DATA_FLAG_NO_END_STREAM.rawValue
        case .end:
          flags.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue
        }
      }
      return result
    }
    return provider
  }

  /// Recovers the session of a callback, which nghttp2 calls only while its owner is alive.
  private static func withSession(
    _ context: UnsafeMutableRawPointer?, _ body: (HTTP2Session) -> Void
  ) {
    guard let context else { return }
    Unmanaged<HTTP2Session>.fromOpaque(context)._withUnsafeGuaranteedRef(body)
  }

  private func beganHeaders(_ header: nghttp2_frame_hd, isRequest: Bool) {
    // Trailers of a request, which gRPC does not have, are read and passed over.
    headSlot = isRequest ? occupySlot(for: header.stream_id) : nil
    blockSize = 0
    openHead = header.stream_id
  }

  /// - Returns: whether the header list is so long that reading on would only cost time.
  private func receivedHeader(_ name: RawSpan, _ value: RawSpan) -> Bool {
    blockSize += name.byteCount + value.byteCount + 32
    headSlot?.pointee.head.received(name: name, value: value)
    guard blockSize > SessionLimits.headerListExcess * limits.headerListSize else { return false }
    exceeded = .headerList
    return true
  }

  private func receivedData(_ bytes: UnsafeRawBufferPointer, on stream: Int32) {
    receivedBytes += bytes.count
    guard let slot = slot(of: stream) else { return }
    events.append(.data(slot: slot, bytes))
  }

  private func receivedFrame(_ header: nghttp2_frame_hd, isRequestHead: Bool) {
    switch UInt32(header.type) {
    case NGHTTP2_HEADERS.rawValue:
      openHead = 0
      guard let slot = slot(of: header.stream_id) else { return }
      headSlot = nil
      if isRequestHead { events.append(.head(slot: slot)) }
      if header.endsStream { events.append(.requestEnd(slot: slot)) }
    case NGHTTP2_DATA.rawValue:
      guard header.endsStream, let slot = slot(of: header.stream_id) else { return }
      events.append(.requestEnd(slot: slot))
    case NGHTTP2_SETTINGS.rawValue:
      if !header.isAcknowledgement { events.append(.handshake) }
    case NGHTTP2_PING.rawValue:
      if header.isAcknowledgement { events.append(.pingAcknowledged) }
    default:
      break
    }
  }

  private func sentFrame(_ frame: UnsafePointer<nghttp2_frame>, of handle: OpaquePointer?) {
    let header = frame.pointee.hd
    switch UInt32(header.type) {
    case NGHTTP2_HEADERS.rawValue, NGHTTP2_DATA.rawValue:
      guard header.endsStream, let slot = slot(of: header.stream_id) else { return }
      assert(!slot.pointee.hasUnsentTrailers && slot.pointee.queue.isEmpty, "all has gone")
      slot.pointee.ending = .sent
      // The answer is complete and the request is not: what is still to come will not be read, and
      // without this the client would keep sending it (RFC 9113, 8.1).
      guard nghttp2_session_get_stream_remote_close(handle, header.stream_id) == 0 else { return }
      submit {
        nghttp2_submit_rst_stream(
          handle, UInt8(NGHTTP2_FLAG_NONE.rawValue), header.stream_id, NGHTTP2_NO_ERROR.rawValue)
      }
    case NGHTTP2_GOAWAY.rawValue:
      let goAway = frame.pointee.goaway
      if goAway.error_code != NGHTTP2_NO_ERROR.rawValue, departure == .none {
        departure = .expulsion
      }
      // The PING of a drain follows its notice, never overtakes it: the answer is then proof that
      // the client has read both.
      guard goAway.last_stream_id == Int32.max else { return }
      submit { nghttp2_submit_ping(handle, UInt8(NGHTTP2_FLAG_NONE.rawValue), nil) }
    case NGHTTP2_RST_STREAM.rawValue:
      sentReset(header.stream_id, frame.pointee.rst_stream.error_code)
    default:
      break
    }
  }
}

extension HTTP2Session {
  private func sentReset(_ stream: Int32, _ code: UInt32) {
    guard code != NGHTTP2_NO_ERROR.rawValue else { return }
    if frames.streamWasReset(now: now) { exceeded = .resets }
    // What overflows a window and is no update of it is a change of SETTINGS_INITIAL_WINDOW_SIZE,
    // for which RFC 9113, 6.9.2, wants more than nghttp2 does.
    guard code == NGHTTP2_FLOW_CONTROL_ERROR.rawValue,
      overflowedStreams.remove(stream) == nil
    else { return }
    terminate(.flowControl)
  }
}

extension UnsafePointer<nghttp2_frame> {
  /// GOAWAY without an error. grpc-go names its own last stream in it where a stream of the server is
  /// meant (RFC 9113, 6.8), which nghttp2 calls a protocol error.
  fileprivate var isFarewell: Bool {
    UInt32(pointee.hd.type) == NGHTTP2_GOAWAY.rawValue && pointee.hd.stream_id == 0
      && pointee.goaway.error_code == NGHTTP2_NO_ERROR.rawValue
  }

  fileprivate var isRequestHead: Bool {
    UInt32(pointee.hd.type) == NGHTTP2_HEADERS.rawValue
      && pointee.headers.cat == NGHTTP2_HCAT_REQUEST
  }
}

extension nghttp2_frame_hd {
  fileprivate var endsStream: Bool { UInt32(flags) & NGHTTP2_FLAG_END_STREAM.rawValue != 0 }
  fileprivate var isAcknowledgement: Bool { UInt32(flags) & NGHTTP2_FLAG_ACK.rawValue != 0 }
}
