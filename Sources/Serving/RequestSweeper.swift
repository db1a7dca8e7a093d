internal import EventLoop
internal import SidePort

/// Has the side port look once a second for requests that take too long.
actor RequestSweeper {
  nonisolated let loop: EventLoop
  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  private let sidePort: SidePortServer
  private var timer: LoopTimer?

  private static let interval = Duration.seconds(1)

  init(loop: EventLoop, sidePort: SidePortServer) {
    self.loop = loop
    self.sidePort = sidePort
  }

  func start() throws(EventLoopError) {
    let timer = try LoopTimer(on: loop) { [sidePort] in sidePort.endOverdueRequests() }
    timer.start(after: Self.interval, repeating: Self.interval)
    self.timer = timer
  }

  func shutDown() {
    timer = nil
  }
}
