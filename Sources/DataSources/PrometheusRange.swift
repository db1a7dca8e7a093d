internal import EventLoop
internal import HTTPClient
internal import Scaling
package import Time

/// The history of a PromQL query, as a command wants it: asked for once, and waited for.
///
/// It is asked for in pieces, because Prometheus refuses more than 11,000 points at once.
package struct PrometheusRange: Sendable {
  /// `http://` or `https://`, with an optional path prefix.
  package var address: String
  package var query: String
  /// The period [from, to].
  package var from: Instant
  package var to: Instant
  /// Whole milliseconds, above 0.
  package var step: Duration

  package struct Point: Hashable, Sendable {
    package let at: Instant
    /// Finite.
    package let value: Double
  }

  /// Why there is no history: one sentence for people.
  package enum Failure: Error, Hashable, CustomStringConvertible {
    /// No server answered, or it was not able to.
    case unreachable(String)
    /// The server has nothing for this query.
    case refused(String)

    package var description: String {
      switch self {
      case .unreachable(let sentence), .refused(let sentence): sentence
      }
    }
  }

  /// Prometheus's limit is 11,000 points of a series.
  static let pointsAtOnce: Int64 = 10_000
  private static let timeout = Duration.seconds(60)
  private static let path = "/api/v1/query_range"

  package init(address: String, query: String, from: Instant, to: Instant, step: Duration) {
    self.address = address
    self.query = query
    self.from = from
    self.to = to
    self.step = step
  }

  /// Fetches all points in ascending order; those that are not finite numbers are left out. Blocks
  /// until it has them.
  ///
  /// - Parameter progress: Told which part of the work is done, 0 to 1.
  package func fetch(
    userAgent: String, progress: (Double) -> Void = { _ in }
  ) throws(Failure) -> [Point] {
    let endpoint = SourceEndpoint(
      DataSource(
        name: ResourceName(name: "history"), kind: .prometheus, address: address,
        timeout: Self.timeout))
    let loop: EventLoop
    let thread: EventLoopThread
    do {
      loop = try EventLoop(name: "range")
      thread = try loop.start()
    } catch {
      throw .unreachable("cannot ask \(endpoint.shown): \(error)")
    }
    let client = LoopClient()
    var points: [Point] = []
    var failure: Failure?
    var form = QueryForm()
    for piece in pieces {
      do throws(Failure) {
        var response = try client.send(
          request(piece, form, endpoint), userAgent: userAgent, loop: loop)
        // Where neither form is allowed, the answer to the usual one is reported.
        if let other = form.alternative(after: response), !other.givesTime {
          let second = try client.send(
            request(piece, other, endpoint), userAgent: userAgent, loop: loop)
          if second.status == 200 { (response, form) = (second, other) }
        }
        points += try Self.points(in: response, from: endpoint)
      } catch {
        failure = error
        break
      }
      progress(
        Double(from.duration(to: piece.to).milliseconds)
          / Double(max(from.duration(to: to).milliseconds, 1)))
    }
    _ = loop.call { client.close() }
    loop.stop()
    thread.join()
    if let failure { throw failure }
    return points
  }

  /// What one request asks for: whole steps, both ends included.
  var pieces: [(from: Instant, to: Instant)] {
    var pieces: [(from: Instant, to: Instant)] = []
    var start = from
    let (span, overflow) = step.milliseconds.multipliedReportingOverflow(by: Self.pointsAtOnce - 1)
    while start <= to {
      let end = overflow ? to : min(start.advanced(by: .milliseconds(span)), to)
      pieces.append((start, end))
      let next = end.advanced(by: step)
      guard next > start else { break }
      start = next
    }
    return pieces
  }

  private func request(
    _ piece: (from: Instant, to: Instant), _ form: QueryForm, _ endpoint: SourceEndpoint
  ) -> HTTPRequest {
    let fields = [
      "query=\(PercentEncoding.encode(query))",
      "start=\(Double(piece.from.milliseconds) / 1000)",
      "end=\(Double(piece.to.milliseconds) / 1000)",
      "step=\(Double(step.milliseconds) / 1000)",
    ]
    return PrometheusClient.request(Self.path, fields, form, from: endpoint)
  }

  static func points(
    in response: HTTPResponse, from endpoint: SourceEndpoint
  ) throws(Failure) -> [Point] {
    let range: RangeAnswer
    do {
      range = try RangeAnswer(response, from: endpoint)
    } catch {
      guard response.status == 200 else {
        throw .unreachable(endpoint.failure(status: response, at: path).message)
      }
      throw .refused(RangeAnswer.noResult(error, at: path, from: endpoint))
    }
    let answer = range.envelope
    guard response.status == 200, answer.status == "success" else {
      let text = Excerpt.text(
        of: "\(answer.errorType ?? "error"): \(answer.error ?? "")", hiding: endpoint.secrets)
      let sentence = "\(endpoint.asked(path)) answered HTTP \(response.status) \"\(text)\""
      throw response.status >= 500 ? .unreachable(sentence) : .refused(sentence)
    }
    // What is learnt or judged from half of the data is wrong for as long as it is used.
    if let reason = answer.partiality {
      throw .refused("\(endpoint.asked(path)) answered in part: \(reason)")
    }
    if let sentence = range.severalSeries { throw .refused(sentence) }
    return range.matrix.points
  }
}

/// An HTTP client on a loop, for a thread that waits.
///
/// Invariant for `@unchecked Sendable`: the client is made, used and closed on the loop.
private final class LoopClient: @unchecked Sendable {
  private var client: HTTPClient?

  func send(
    _ request: HTTPRequest, userAgent: String, loop: EventLoop
  ) throws(PrometheusRange.Failure) -> HTTPResponse {
    let reply = Reply<Result<HTTPResponse, HTTPFailure>>()
    loop.post {
      do throws(EventLoopError) {
        if self.client == nil { self.client = try HTTPClient(loop: loop, userAgent: userAgent) }
        self.client?.send(request) { reply.give($0) }
      } catch {
        reply.give(.failure(HTTPFailure(kind: .connect, message: "\(error)")))
      }
    }
    switch reply.wait(for: nil) {
    case .success(let response): return response
    case .failure(let failure) where failure.kind == .invalidRequest || failure.kind == .tooLarge:
      throw .refused(failure.message)
    case .failure(let failure): throw .unreachable(failure.message)
    case nil: throw .unreachable("the request was given up")
    }
  }

  func close() {
    client?.shutdown()
    client = nil
  }
}
