internal import EventLoop
internal import HTTPClient
internal import ICalendar
package import Scaling
package import Time

/// Reads one calendar: what is asked for, and what the answer says. Knows no other.
package struct CalendarReader {
  let source: CalendarSource
  private let zones: any TimeZoneDatabase
  private var credentials: SourceCredentials?

  package init(_ source: CalendarSource, zones: any TimeZoneDatabase) {
    self.source = source
    self.zones = zones
    if case .server(let server) = source.origin { credentials = SourceCredentials(server) }
  }

  /// In bytes, of a file as well as of an answer.
  static let limit = 4 << 20

  /// What the bytes say; a problem, and no events, for those that cannot be used.
  package func content(of bytes: [UInt8]) -> CalendarContent {
    do throws(CalendarProblem) {
      let reading = try CalendarFile.read(
        bytes, zone: source.timeZone.flatMap { zones.timeZone(named: $0) }, zones: zones)
      return CalendarContent(
        events: Shared(reading.events), findings: reading.findings.map { "\(shown): \($0)" })
    } catch {
      return CalendarContent(problem: "\(shown): \(error)")
    }
  }

  /// The file or the address for people, without user, password and query.
  var shown: String {
    switch source.origin {
    case .file(let path): path
    case .server(let server): SourceEndpoint(server).shown
    }
  }

  // MARK: Files

  /// The bytes of a file, or why there are none; nil for a server.
  func fileBytes() -> Result<[UInt8], CalendarFailure>? {
    guard case .file(let path) = source.origin else { return nil }
    do throws(SmallFile.Unreadable) {
      return .success(try SmallFile.read(path, limit: Self.limit))
    } catch {
      return .failure(CalendarFailure("\(path) cannot be read: \(error)"))
    }
  }

  /// A file that is there, as it is now; nil for a server, and for a file that is not there.
  package func fileContent() -> CalendarContent? {
    guard case .file(let path) = source.origin else { return nil }
    do throws(SmallFile.Unreadable) {
      return content(of: try SmallFile.read(path, limit: Self.limit))
    } catch {
      return error.isMissing
        ? nil : CalendarContent(problem: "\(path) cannot be read: \(error)")
    }
  }

  // MARK: Servers

  /// The request, with what the files of its credentials hold now; nil for a file.
  mutating func request() throws(FetchFailure) -> HTTPRequest? {
    guard case .server(let server) = source.origin, var credentials else { return nil }
    defer { self.credentials = credentials }
    let endpoint = try credentials.endpoint(of: server)
    var request = endpoint.request(.get, "", headers: [HTTPField("Accept", "text/calendar")])
    // As it stands: what ends with a slash means something else without it.
    request.url = server.address
    request.maximumResponseSize = Self.limit
    return request
  }

  func bytes(of answer: Result<HTTPResponse, FetchFailure>) -> Result<[UInt8], CalendarFailure> {
    switch answer {
    case .failure(let failure): return .failure(CalendarFailure(failure.message))
    case .success(let response) where response.status == 200: return .success(response.body)
    case .success(let response):
      return .failure(CalendarFailure("\(shown) answered HTTP \(response.status)"))
    }
  }

  /// Reads it once, and waits for that. Not for a thread that has a loop.
  package mutating func readNow(
    userAgent: String, environment: CloudEnvironment,
    wallClock: @escaping @Sendable () -> Instant
  ) -> CalendarContent {
    let answer: Result<[UInt8], CalendarFailure>
    if let file = fileBytes() {
      answer = file
    } else {
      do throws(FetchFailure) {
        guard let request = try self.request() else { return CalendarContent() }
        answer = bytes(
          of: CalendarClient.answer(to: request, userAgent: userAgent) { [source] client in
            source.client(client, environment: environment, wallClock: wallClock)
          })
      } catch {
        answer = .failure(CalendarFailure(error.message))
      }
    }
    switch answer {
    case .success(let bytes): return content(of: bytes)
    case .failure(let failure): return CalendarContent(problem: failure.sentence)
    }
  }
}

extension CalendarSource {
  /// Sends requests with what lets them in; nil for a file.
  func client(
    _ client: HTTPClient, environment: CloudEnvironment, wallClock: @escaping () -> Instant
  ) -> AuthorizedClient? {
    guard case .server(let server) = origin else { return nil }
    return AuthorizedClient(
      client, authority: server.authority(environment), wallClock: wallClock)
  }
}

/// Why a calendar could not be had, one sentence without secrets.
struct CalendarFailure: Error {
  let sentence: String

  init(_ sentence: String) {
    self.sentence = sentence
  }
}

/// An HTTP client for a thread that waits.
///
/// Invariant for `@unchecked Sendable`: it is used and closed on the loop.
private final class CalendarClient: @unchecked Sendable {
  typealias Answer = Result<HTTPResponse, FetchFailure>

  private var client: HTTPClient?
  private var authorized: AuthorizedClient?
  /// Kept until it is over.
  private var call: AuthorizedCall?

  /// - Parameter authorize: makes the client that sends the request.
  static func answer(
    to request: HTTPRequest, userAgent: String,
    by authorize: @escaping @Sendable (HTTPClient) -> AuthorizedClient?
  ) -> Answer {
    let reply = Reply<Answer>()
    do throws(EventLoopError) {
      let loop = try EventLoop(name: "calendar")
      let thread = try loop.start()
      let client = CalendarClient()
      loop.post { client.send(request, userAgent, on: loop, authorize) { reply.give($0) } }
      let answer = reply.wait(for: nil)
      loop.call { client.close() }
      loop.stop()
      thread.join()
      return answer ?? .failure(FetchFailure(.http(.broken), "the request was given up"))
    } catch {
      return .failure(FetchFailure(.http(.connect), "\(error)"))
    }
  }

  private func send(
    _ request: HTTPRequest, _ userAgent: String, on loop: EventLoop,
    _ authorize: (HTTPClient) -> AuthorizedClient?, completion: @escaping (Answer) -> Void
  ) {
    let client: HTTPClient
    do throws(EventLoopError) {
      client = try HTTPClient(loop: loop, userAgent: userAgent)
    } catch {
      return completion(.failure(FetchFailure(.http(.connect), "\(error)")))
    }
    self.client = client
    authorized = authorize(client)
    do throws(FetchFailure) {
      call = try authorized?.send(request, completion: completion)
    } catch {
      completion(.failure(error))
    }
  }

  private func close() {
    call = nil
    authorized = nil
    client?.shutdown()
    client = nil
  }
}
