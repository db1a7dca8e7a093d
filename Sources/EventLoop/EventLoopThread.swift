internal import CUV
internal import Glibc

/// The thread of a running loop.
package struct EventLoopThread: ~Copyable {
  private let thread: pthread_t

  private final class Body {
    let name: String
    let run: @Sendable () -> Void

    init(name: String, run: @escaping @Sendable () -> Void) {
      self.name = name
      self.run = run
    }
  }

  init(name: String, run: @escaping @Sendable () -> Void) throws(EventLoopError) {
    var thread = pthread_t()
    let body = Unmanaged.passRetained(Body(name: name, run: run))
    let code = pthread_create(
      &thread, nil,
      { context in
        guard let context else { return nil }
        let body = Unmanaged<Body>.fromOpaque(context).takeRetainedValue()
        cuv_set_thread_name(String(body.name.prefix(15)))
        body.run()
        return nil
      }, body.toOpaque())
    guard code == 0 else {
      body.release()
      throw EventLoopError("start the thread \(name)", code: -code)
    }
    self.thread = thread
  }

  /// Waits for the end of the loop, which `EventLoop.stop` brings about.
  package consuming func join() {
    pthread_join(thread, nil)
  }
}
