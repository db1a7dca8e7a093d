internal import CMicroHTTPD
private import Synchronization

/// The connections whose requests are answered later. The library leaves them alone meanwhile.
///
/// May be used from any thread.
final class PendingAnswers: Sendable {
  private let state = Mutex(State())
  private let limit: Int

  private struct State {
    var connections: [UInt64: Connection] = [:]
    var answers: [UInt64: SidePortResponse] = [:]
    /// Of the bodies in `answers`.
    var byteCount = 0
    var serial: UInt64 = 0
    var hasStopped = false
  }

  /// Invariant for `@unchecked Sendable`: the library takes its calls from any thread, and keeps a
  /// suspended connection until it is resumed.
  private struct Connection: @unchecked Sendable {
    let pointer: OpaquePointer
  }

  /// - Parameter limit: bytes of answers that the daemon has yet to take.
  init(limit: Int) {
    self.limit = limit
  }

  /// Takes a connection off the daemon's hands, on the daemon's thread.
  ///
  /// - Returns: by which it is resumed; nil when the daemon is being stopped.
  func suspend(_ connection: OpaquePointer) -> UInt64? {
    state.withLock { [connection = Connection(pointer: connection)] state in
      guard !state.hasStopped else { return nil }
      state.serial += 1
      state.connections[state.serial] = connection
      MHD_suspend_connection(connection.pointer)
      return state.serial
    }
  }

  /// Gives the connection back, with its answer. The first time counts.
  func finish(_ ticket: UInt64, _ answer: SidePortResponse) {
    state.withLock { state in
      guard let connection = state.connections.removeValue(forKey: ticket) else { return }
      let fits = state.answers.isEmpty || state.byteCount + answer.body.count <= limit
      let answer = fits ? answer : Self.busy
      state.answers[ticket] = answer
      state.byteCount += answer.body.count
      MHD_resume_connection(connection.pointer)
    }
  }

  /// The answer of a connection that has been resumed, once.
  func answer(of ticket: UInt64) -> SidePortResponse? {
    state.withLock { state in
      let answer = state.answers.removeValue(forKey: ticket)
      state.byteCount -= answer?.body.count ?? 0
      return answer
    }
  }

  /// Resumes everything: the library must not be stopped while connections are suspended.
  func stop() {
    state.withLock { state in
      state.hasStopped = true
      for (ticket, connection) in state.connections {
        state.answers[ticket] = Self.stopping
        state.byteCount += Self.stopping.body.count
        MHD_resume_connection(connection.pointer)
      }
      state.connections = [:]
    }
  }

  static let busy = SidePortResponse.error(
    503, "too many requests wait for an answer that takes long; try again later")
  static let stopping = SidePortResponse.error(503, "the process is ending")
}
