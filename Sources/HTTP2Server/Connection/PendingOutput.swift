internal import EventLoop

/// What a connection has pulled from its session and the kernel has not taken: moves bytes from one to
/// the other.
struct PendingOutput {
  /// How writing ended.
  enum OnWrite {
    case allSent
    /// The kernel takes no more for now.
    case blocked
    case failed(String)
  }

  /// What was pulled from the session and not yet offered to the kernel. Has the worker's output buffer
  /// as long as it is not empty.
  private var gathered: [UInt8] = []
  /// What was offered to the kernel, which did not take it.
  private var tail: [UInt8] = []
  private var progress = Progress()

  /// Whether the kernel takes no more for now.
  var isBlocked: Bool { !tail.isEmpty }

  /// The bytes that the kernel has not taken.
  var blockedBytes: Int { tail.count }

  /// Pulls what the session has to send, for `write` to send it. nghttp2 closes the streams whose
  /// answers were pulled, and the next piece of input has their memory again: what 16 calls need stays
  /// in the processor's caches, what 60 need does not, for which each of them took a seventh more time.
  ///
  /// - Parameter scratch: the worker's output buffer, which `write` gives back.
  mutating func gather(
    from session: HTTP2Session, through scratch: inout [UInt8]
  ) throws(HTTP2Session.Failure) {
    guard tail.isEmpty else { return }
    if gathered.isEmpty {
      scratch.removeAll(keepingCapacity: true)
      swap(&scratch, &gathered)
    }
    // Where there was nothing to pull, `write` would not know that it has a buffer to give back, and
    // every connection would keep one.
    defer { if gathered.isEmpty { swap(&scratch, &gathered) } }
    _ = try session.pull(into: &gathered)
  }

  /// Writes what was gathered and what the session has to send, until that is all or the kernel takes no
  /// more.
  ///
  /// - Parameter scratch: the worker's output buffer.
  mutating func write(
    from session: HTTP2Session, to stream: ByteStream, through scratch: inout [UInt8],
    counting sent: WorkerCounters.Counter
  ) -> OnWrite {
    assert(gathered.isEmpty || tail.isEmpty, "nothing is gathered while the kernel takes nothing")
    if !tail.isEmpty {
      switch stream.write(tail) {
      case .failed(let reason): return .failed(reason)
      case .bytes(let count):
        sent.add(count)
        progress.moved()
        tail.removeFirst(count)
        guard tail.isEmpty else { return .blocked }
        tail = []
      }
    }
    scratch.removeAll(keepingCapacity: true)
    if !gathered.isEmpty {
      swap(&scratch, &gathered)
      gathered = []
    }
    while true {
      let isAll: Bool
      do {
        isAll = try session.pull(into: &scratch)
      } catch {
        return .failed("\(error)")
      }
      guard !scratch.isEmpty else { return .allSent }
      switch stream.write(scratch) {
      case .failed(let reason): return .failed(reason)
      case .bytes(let count):
        sent.add(count)
        progress.moved()
        if count < scratch.count {
          tail = Array(scratch[count...])
          return .blocked
        }
      }
      if isAll { return .allSent }
      scratch.removeAll(keepingCapacity: true)
    }
  }

  /// One look at whether the kernel takes what waits (`Progress`).
  mutating func hasStalled() -> Bool {
    progress.hasStalled(isWaiting: isBlocked)
  }

  /// Drops what waits: nothing more will be written.
  mutating func discard() {
    gathered = []
    tail = []
  }
}

extension ByteStream {
  fileprivate func write(_ bytes: [UInt8]) -> TCPConnection.OnWrite {
    bytes.withUnsafeBytes { write($0) }
  }
}
