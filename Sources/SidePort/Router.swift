/// Which answer belongs to which method and path: a table of routes. Pure: no socket.
struct Router: Sendable {
  /// One path and what it answers.
  struct Route: Sendable {
    /// As documented, such as `/api/v1/decisions/{namespace}/{name}`; a part in braces stands for
    /// any one segment.
    let path: String
    let methods: [String]
    let answer: Answer

    /// Gets the decoded segments that stand for the parts in braces, in order.
    enum Answer: Sendable {
      case now(@Sendable (SidePortRequest, [String]) -> SidePortResponse)
      /// As `now`, and it may take long.
      case pooled(@Sendable (SidePortRequest, [String]) -> SidePortResponse)
      /// The answer comes when something else is done; other requests are answered meanwhile.
      case later(@Sendable (SidePortRequest, [String], @escaping Completion) -> Void)
    }

    /// A route that is read: GET, and HEAD for it.
    static func get(
      _ path: String, _ answer: @escaping @Sendable (SidePortRequest, [String]) -> SidePortResponse
    ) -> Route {
      Route(path: path, methods: ["GET", "HEAD"], answer: .now(answer))
    }

    /// As `get`, for answers that may take long: a pool of threads works them out.
    static func large(
      _ path: String, _ answer: @escaping @Sendable (SidePortRequest, [String]) -> SidePortResponse
    ) -> Route {
      Route(path: path, methods: ["GET", "HEAD"], answer: .pooled(answer))
    }

    /// A route that changes something: POST, with a body of any type, answered when the change is
    /// made.
    static func post(
      _ path: String,
      _ answer: @escaping @Sendable (SidePortRequest, [String], @escaping Completion) -> Void
    ) -> Route {
      Route(path: path, methods: ["POST"], answer: .later(answer))
    }

    /// As `post`, with PUT.
    static func put(
      _ path: String,
      _ answer: @escaping @Sendable (SidePortRequest, [String], @escaping Completion) -> Void
    ) -> Route {
      Route(path: path, methods: ["PUT"], answer: .later(answer))
    }

    /// The segments for the parts in braces; nil when the path is another.
    func match(_ segments: [String]) -> [String]? {
      let pattern = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
      guard pattern.count == segments.count else { return nil }
      var parameters: [String] = []
      for (part, segment) in zip(pattern, segments) {
        if part.hasPrefix("{") {
          guard !segment.isEmpty else { return nil }
          parameters.append(segment)
        } else if part != segment {
          return nil
        }
      }
      return parameters
    }
  }

  let routes: [Route]

  /// Takes an answer, once, from any thread.
  typealias Completion = @Sendable (SidePortResponse) -> Void

  enum Response: Sendable {
    case now(SidePortResponse)
    /// Works the answer out, which may take long.
    case pooled(@Sendable () -> SidePortResponse)
    /// Begins the work that ends in the answer.
    case later(@Sendable (@escaping Completion) -> Void)
  }

  func respond(to request: SidePortRequest) -> Response {
    let path = RequestPath.path(of: request.target)
    guard let segments = RequestPath.segments(of: path) else {
      return .now(
        .error(
          400,
          "the path \(shortened(path)) must start with / and hold only complete %XX escapes of "
            + "UTF-8"))
    }
    for route in routes {
      guard let parameters = route.match(segments) else { continue }
      guard route.methods.contains(request.method) else {
        let allowed = route.methods.joined(separator: ", ")
        var response = SidePortResponse.error(
          405, "\(route.path) answers \(allowed), not \(shortened(request.method))")
        response.headers.append(("Allow", allowed))
        return .now(response)
      }
      switch route.answer {
      case .now(let answer): return .now(answer(request, parameters))
      case .pooled(let answer): return .pooled { answer(request, parameters) }
      case .later(let begin): return .later { begin(request, parameters, $0) }
      }
    }
    let known = routes.map(\.path).filter { !$0.hasPrefix(PageFile.folder) }.joined(separator: ", ")
    return .now(.error(404, "there is nothing at \(shortened(path)); there are \(known)"))
  }

  /// What a client sent, fit for a sentence.
  private func shortened(_ text: String) -> String {
    text.unicodeScalars.count <= 100 ? text : "\(text.prefix(100))…"
  }
}
