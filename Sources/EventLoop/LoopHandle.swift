internal import CUV

/// The memory of one libuv handle: allocated here, given back by libuv's close callback, because
/// libuv uses it until then.
///
/// Its owner is a class of this target that puts itself into `data` and calls `close` in `deinit`.
struct LoopHandle<Handle>: ~Copyable {
  let pointer: UnsafeMutablePointer<Handle>
  private let loop: EventLoop

  /// - Parameter start: libuv's init function of the handle's kind; its code is checked here.
  init(
    on loop: EventLoop, _ operation: String,
    start: (UnsafeMutablePointer<uv_loop_t>, UnsafeMutablePointer<Handle>) -> Int32
  ) throws(EventLoopError) {
    loop.checkIsolated()
    self.loop = loop
    pointer = .allocate(capacity: 1)
    let code = start(loop.handle, pointer)
    guard code == 0 else {
      pointer.deallocate()
      throw EventLoopError(operation, code: code)
    }
    pointer.asHandle.pointee.data = nil
  }

  /// Makes callbacks find `owner`, who must outlive the handle.
  func setOwner(_ owner: AnyObject) {
    pointer.asHandle.pointee.data = Unmanaged.passUnretained(owner).toOpaque()
  }

  deinit {
    pointer.asHandle.pointee.data = nil
    // The last reference to an owner may go on another thread, but libuv allows closing on its own
    // thread only. A loop that has ended drops the work, and the few bytes with it.
    let address = UInt(bitPattern: pointer)
    let close: @Sendable () -> Void = {
      guard let handle = UnsafeMutablePointer<uv_handle_t>(bitPattern: address) else { return }
      uv_close(handle) { handle in
        UnsafeMutableRawPointer(handle)?.deallocate()
      }
    }
    if loop.isCurrent {
      close()
    } else {
      loop.post(close)
    }
  }
}
