/// What the policies last asked, what manifests were last good with and what forecasts have learnt, for
/// the other replicas.
extension Router {
  static func memory(_ content: SidePortContent) -> [Route] {
    [
      .get("/api/v1/memory") { request, _ in
        answer(request) { () throws(QueryParameter.Problem) in
          response(
            to: request, content.memory(try MemoryQuestion(request)),
            otherwise: "the control loop does not answer")
        }
      },
      .large("/api/v1/memory/files") { request, _ in
        answer(request) { () throws(QueryParameter.Problem) in
          let paths = try QueryParameter.path.text(of: request)?
            .split(separator: "\n").map(String.init)
          return response(
            to: request, content.lastGoodFiles(paths, request.forwarder),
            otherwise: "the state directory does not answer")
        }
      },
      .large("/api/v1/memory/forecasts") { request, _ in
        answer(request) { () throws(QueryParameter.Problem) in
          response(
            to: request, content.learntStates(try fingerprints(request), request.forwarder),
            otherwise: "the loop that learns does not answer")
        }
      },
    ]
  }

  /// How many states one answer has.
  private static let mostStates = 128

  /// Hexadecimal, one to a line.
  private static func fingerprints(
    _ request: SidePortRequest
  ) throws(QueryParameter.Problem) -> Set<UInt64> {
    let lines = try QueryParameter.id.text(of: request)?.split(separator: "\n") ?? []
    let found = lines.compactMap { UInt64($0, radix: 16) }
    guard found.count == lines.count, (1...mostStates).contains(found.count) else {
      throw QueryParameter.Problem(
        sentence: "the parameter id has to be 1 to \(mostStates) hexadecimal numbers, one to a line"
      )
    }
    return Set(found)
  }

  private static func response(
    to request: SidePortRequest, _ answer: MemoryAnswer, otherwise: String
  ) -> SidePortResponse {
    switch answer {
    case .memory(let body):
      SidePortResponse(
        status: 200, contentType: "application/json; charset=utf-8",
        body: body + [UInt8(ascii: "\n")])
    case .ownCall:
      SidePortResponse(status: 204, contentType: "application/json; charset=utf-8", body: [])
    case .noAnswer:
      .refusal(503, otherwise, of: request)
    }
  }
}

extension MemoryQuestion {
  /// Policies stand one to a line in `policy`; `state=fresh` leaves out what is lost.
  init(_ request: SidePortRequest) throws(QueryParameter.Problem) {
    let state = try QueryParameter.state.text(of: request)
    guard state == nil || state == "fresh" else {
      throw QueryParameter.Problem(
        sentence: "the parameter state is \"\(state?.prefix(40) ?? "")\", but has to be fresh")
    }
    self.init(
      policies: try QueryParameter.policy.text(of: request)?
        .split(separator: "\n").map(String.init),
      onlyFresh: state != nil, asker: request.forwarder)
  }
}
