internal import EventLoop
internal import TestKit

@testable internal import HTTPClient

/// A loop with an HTTP client, for tests to send requests through.
actor HTTPHost {
  nonisolated let loop: EventLoop
  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
  private var client: HTTPClient?

  private init(on loop: EventLoop) {
    self.loop = loop
  }

  private func start() throws {
    client = try HTTPClient(loop: loop, userAgent: "headstart/test")
  }

  private func stop() {
    client?.shutdown()
    client = nil
  }

  /// Runs a body with a client that is shut down afterwards, and its loop with it.
  static func run<Value: Sendable>(
    _ body: @Sendable (HTTPHost) async throws -> Value
  ) async throws -> Value {
    let loop = try EventLoop(name: "test")
    let thread = try loop.start()
    let host = HTTPHost(on: loop)
    do {
      try await host.start()
      let value = try await body(host)
      await host.stop()
      loop.stop()
      thread.join()
      return value
    } catch {
      await host.stop()
      loop.stop()
      thread.join()
      throw error
    }
  }

  func send(_ request: HTTPRequest) async -> Result<HTTPResponse, HTTPFailure> {
    await withCheckedContinuation { done in
      client?.send(request) { done.resume(returning: $0) }
    }
  }

  func get(
    _ url: String, timeout: Duration = .patience
  ) async -> Result<HTTPResponse, HTTPFailure> {
    await send(HTTPRequest(url: url, timeout: timeout))
  }

  /// Takes an answer piece by piece.
  ///
  /// - Parameter limit: Cancels after that many pieces; the result is then nil.
  func stream(
    _ request: HTTPRequest, silence: Duration, cancelAfter limit: Int = .max
  ) async -> (pieces: [String], result: Result<HTTPResponse, HTTPFailure>?) {
    await withCheckedContinuation { done in
      let stream = Stream()
      stream.call = client?.stream(
        request, silence: silence,
        onPiece: { bytes in
          stream.pieces.append(String(decoding: bytes, as: UTF8.self))
          guard stream.pieces.count >= limit else { return }
          stream.call?.cancel()
          done.resume(returning: (stream.pieces, nil))
        }, completion: { done.resume(returning: (stream.pieces, $0)) })
    }
  }

  private final class Stream {
    var pieces: [String] = []
    var call: HTTPCall?
  }

  /// Sends and cancels at once, and then waits for another request to be answered.
  func cancelled(_ request: HTTPRequest, then other: HTTPRequest) async -> (
    wasCalled: Bool, inFlight: Int
  ) {
    var wasCalled = false
    let call = client?.send(request) { _ in wasCalled = true }
    call?.cancel()
    call?.cancel()
    let inFlight = client?.inFlight ?? -1
    _ = await send(other)
    return (wasCalled, inFlight)
  }
}

extension Result where Success == HTTPResponse, Failure == HTTPFailure {
  var response: HTTPResponse? { try? get() }

  var failure: HTTPFailure? {
    guard case .failure(let failure) = self else { return nil }
    return failure
  }

  var text: String? { response.map { String(decoding: $0.body, as: UTF8.self) } }
}
