internal import GRPCWire
internal import Synchronization
internal import TLS

/// What one worker counts: written by its loop alone, read by any thread.
final class WorkerCounters: Sendable {
  let connectionsAccepted = Counter()
  let connectionsOpen = Counter()
  let acceptFailures = Counter()
  let connectionsRefused = Counter()
  let streamsStalled = Counter()
  let streamsOpened = Counter()
  let streamsOpen = Counter()
  let callsRefused = Counter()
  let bytesReceived = Counter()
  let bytesSent = Counter()
  private let closed: [Counter] = ConnectionCloseReason.allCases.map { _ in Counter() }
  private let limits: [Counter] = ServerLimit.allCases.map { _ in Counter() }
  private let handshakeFailures: [Counter] = TLSFailure.Reason.allCases.map { _ in Counter() }

  func handshakeFailed(_ reason: TLSFailure.Reason) {
    guard let index = TLSFailure.Reason.allCases.firstIndex(of: reason) else { return }
    handshakeFailures[index].add(1)
  }

  func connectionClosed(_ reason: ConnectionCloseReason) {
    connectionsOpen.add(-1)
    guard let index = ConnectionCloseReason.allCases.firstIndex(of: reason) else { return }
    closed[index].add(1)
  }

  /// A client ran into `limit`.
  func exceeded(_ limit: ServerLimit) {
    guard let index = ServerLimit.allCases.firstIndex(of: limit) else { return }
    limits[index].add(1)
  }

  /// Adds what this worker has counted to `total`.
  func add(to total: inout HTTP2Statistics) {
    total.connectionsAccepted += connectionsAccepted.value
    total.connectionsOpen += connectionsOpen.value
    total.acceptFailures += acceptFailures.value
    total.connectionsRefused += connectionsRefused.value
    total.streamsStalled += streamsStalled.value
    total.streamsOpened += streamsOpened.value
    total.streamsOpen += streamsOpen.value
    total.callsRefused += callsRefused.value
    total.bytesReceived += bytesReceived.value
    total.bytesSent += bytesSent.value
    for (reason, counter) in zip(ConnectionCloseReason.allCases, closed) {
      total.connectionsClosed[reason, default: 0] += counter.value
    }
    for (limit, counter) in zip(ServerLimit.allCases, limits) {
      total.limitsExceeded[limit, default: 0] += counter.value
    }
    for (reason, counter) in zip(TLSFailure.Reason.allCases, handshakeFailures) {
      total.handshakeFailures[reason, default: 0] += counter.value
    }
  }

  /// A number with one writer, which spares the locked addition.
  final class Counter: Sendable {
    private let number = Atomic(0)

    var value: Int { number.load(ordering: .relaxed) }

    func add(_ amount: Int) {
      number.store(number.load(ordering: .relaxed) &+ amount, ordering: .relaxed)
    }
  }
}
