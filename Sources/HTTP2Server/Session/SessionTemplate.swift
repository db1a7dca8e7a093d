internal import CNGHTTP2

/// What all sessions of a worker have in common: the callbacks, the options and the memory of
/// nghttp2. Confined to its worker's loop; outlives its sessions, which hold it.
final class SessionTemplate {
  let limits: SessionLimits
  /// What the calls of all sessions, also of other workers, hold.
  let memory: CallMemory
  private let callbacks: OpaquePointer
  private let options: OpaquePointer
  private let pool: OpaquePointer

  /// Fails when memory has run out.
  init?(limits: SessionLimits, memory: CallMemory = CallMemory(limit: nil)) {
    self.limits = limits
    self.memory = memory
    var callbacks: OpaquePointer?
    var options: OpaquePointer?
    guard nghttp2_session_callbacks_new(&callbacks) == 0, let callbacks,
      nghttp2_option_new(&options) == 0, let options, let pool = cng_pool_new()
    else { return nil }
    self.pool = pool
    self.callbacks = callbacks
    self.options = options
    HTTP2Session.setCallbacks(callbacks)
    // Windows are given back as the requests are dealt with.
    nghttp2_option_set_no_auto_window_update(options, 1)
    // Closed streams would be kept for priorities that no one sets.
    nghttp2_option_set_no_closed_streams(options, 1)
    nghttp2_option_set_max_outbound_ack(options, limits.pendingAcks)
    nghttp2_option_set_max_continuations(options, limits.continuations)
    // RFC 9113 defines six, extensions a few more.
    nghttp2_option_set_max_settings(options, 32)
    // `FloodGuard` has a limit of its own, which can be set, and told apart in metrics.
    nghttp2_option_set_stream_reset_rate_limit(options, .max, .max)
  }

  deinit {
    nghttp2_session_callbacks_del(callbacks)
    nghttp2_option_del(options)
    cng_pool_del(pool)
  }

  /// A new session of nghttp2, which the caller frees.
  ///
  /// - Parameter context: what the callbacks find their session by.
  func makeSession(context: UnsafeMutableRawPointer) -> OpaquePointer {
    var session: OpaquePointer?
    guard
      nghttp2_session_server_new3(&session, callbacks, context, options, cng_pool_mem(pool)) == 0,
      let session
    else {
      preconditionFailure("nghttp2 fails only without memory, and then the pool ends the process")
    }
    let settings = [
      setting(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, UInt32(limits.streamWindow)),
      setting(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, UInt32(limits.headerListSize)),
      // The tree of RFC 7540 costs time with every stream, and no gRPC client sets priorities.
      setting(NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1),
    ]
    let flags = UInt8(NGHTTP2_FLAG_NONE.rawValue)
    let isSubmitted = nghttp2_submit_settings(session, flags, settings, settings.count)
    let isWindowSet = nghttp2_session_set_local_window_size(
      session, flags, 0, limits.connectionWindow)
    assert(isSubmitted == 0 && isWindowSet == 0, "the limits are outside of what RFC 9113 allows")
    return session
  }

  private func setting(_ id: nghttp2_settings_id, _ value: UInt32) -> nghttp2_settings_entry {
    nghttp2_settings_entry(settings_id: Int32(id.rawValue), value: value)
  }
}
