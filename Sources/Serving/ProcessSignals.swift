internal import EventLoop
internal import Glibc

/// What signals do: SIGTERM and SIGINT end the process, SIGHUP reads its files again, SIGUSR1
/// switches the log level; SIGUSR2 and SIGPIPE are ignored. The rest, SIGQUIT among them, does what
/// it does to any process, for service managers that end one that hangs.
///
/// Invariant for `@unchecked Sendable`: made and closed on the loop; between them only carried.
final class ProcessSignals: @unchecked Sendable {
  private var watchers: [SignalWatcher]

  init(
    loop: EventLoop, onStop: @escaping (_ signal: Int32) -> Void, onReload: @escaping () -> Void,
    onLogLevel: @escaping () -> Void
  ) throws(EventLoopError) {
    watchers = [
      try SignalWatcher(on: loop, signal: SIGTERM) { onStop(SIGTERM) },
      try SignalWatcher(on: loop, signal: SIGINT) { onStop(SIGINT) },
      try SignalWatcher(on: loop, signal: SIGHUP) { onReload() },
      try SignalWatcher(on: loop, signal: SIGUSR1) { onLogLevel() },
    ]
  }

  /// Ignores all that would end a process that starts or stops, but is no wish for its end.
  static func ignoreOthers() {
    // SIGPIPE: a peer that closes its socket is an error of that write, not of the process.
    for number in [SIGPIPE, SIGHUP, SIGUSR1, SIGUSR2] { signal(number, SIG_IGN) }
  }

  /// On the loop.
  func close() {
    watchers = []
    Self.ignoreOthers()
  }
}
