internal import CUV

/// Runs an action when something in a directory changes: inotify, so hints and no promises. Network
/// mounts stay silent; whoever needs certainty looks by the clock as well.
package final class DirectoryWatcher {
  private let handle: LoopHandle<uv_fs_event_t>
  private let action: () -> Void

  /// Fails when the directory is not there.
  package init(
    on loop: EventLoop, path: String, action: @escaping () -> Void
  ) throws(EventLoopError) {
    handle = try LoopHandle(on: loop, "watch \(path)") { uv_fs_event_init($0, $1) }
    self.action = action
    handle.setOwner(self)
    let code = uv_fs_event_start(
      handle.pointer,
      { watcher, _, _, _ in
        guard let context = watcher?.pointee.data else { return }
        Unmanaged<DirectoryWatcher>.fromOpaque(context).takeUnretainedValue().action()
      }, path, 0)
    guard code == 0 else { throw EventLoopError("watch \(path)", code: code) }
  }
}
