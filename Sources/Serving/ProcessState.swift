internal import Glibc
internal import Synchronization

/// Whether the process serves, and the wish that it should stop. From any thread.
final class ProcessState: Sendable {
  private let serving = Atomic(false)
  private let stopping = Atomic(false)
  private let stopWanted = Latch()

  /// The gRPC loops answer, and no one has asked for the end.
  var isServing: Bool {
    get { serving.load(ordering: .acquiring) && !stopping.load(ordering: .acquiring) }
    set { serving.store(newValue, ordering: .releasing) }
  }

  /// The gRPC port is not open yet.
  var isStarting: Bool { !serving.load(ordering: .acquiring) && !isStopping }

  var isStopping: Bool { stopping.load(ordering: .acquiring) }

  /// The first signal begins the orderly end; the second one ends the process as if no one had
  /// caught it.
  func stop(signal: Int32) {
    guard stopping.exchange(true, ordering: .acquiringAndReleasing) else {
      stopWanted.open()
      return
    }
    _exit(128 + signal)
  }

  func waitForStop() {
    stopWanted.wait()
  }
}
