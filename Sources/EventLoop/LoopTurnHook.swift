internal import CUV

/// Runs an action once in each turn of a loop, after timers and posted work and before the loop
/// waits for sockets: the place to write what the turn has queued.
package final class LoopTurnHook {
  private let handle: LoopHandle<uv_prepare_t>
  private let action: () -> Void

  package init(on loop: EventLoop, action: @escaping () -> Void) throws(EventLoopError) {
    handle = try LoopHandle(on: loop, "hook into a loop's turn") { uv_prepare_init($0, $1) }
    self.action = action
    handle.setOwner(self)
    uv_prepare_start(handle.pointer) { prepare in
      guard let context = prepare?.pointee.data else { return }
      Unmanaged<LoopTurnHook>.fromOpaque(context).takeUnretainedValue().action()
    }
  }
}
