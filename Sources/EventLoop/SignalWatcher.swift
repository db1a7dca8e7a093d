internal import CUV

/// Runs an action on the loop when the process receives a signal.
package final class SignalWatcher {
  private let handle: LoopHandle<uv_signal_t>
  private let action: () -> Void

  package init(
    on loop: EventLoop, signal: Int32, action: @escaping () -> Void
  ) throws(EventLoopError) {
    handle = try LoopHandle(on: loop, "watch for signal \(signal)") { uv_signal_init($0, $1) }
    self.action = action
    handle.setOwner(self)
    let code = uv_signal_start(
      handle.pointer,
      { watcher, _ in
        guard let context = watcher?.pointee.data else { return }
        Unmanaged<SignalWatcher>.fromOpaque(context).takeUnretainedValue().action()
      }, signal)
    guard code == 0 else { throw EventLoopError("watch for signal \(signal)", code: code) }
  }
}
