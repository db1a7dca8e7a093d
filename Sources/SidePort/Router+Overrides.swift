internal import Scaling

/// What people ask of policies for a while.
extension Router {
  static func overrides(_ content: SidePortContent) -> [Route] {
    [
      Route(
        path: "/api/v1/overrides", methods: ["GET", "HEAD", "POST"],
        answer: .later { request, _, completion in
          let action = request.method == "POST" ? OverrideCall.Action.learn : .list(nil)
          answer(action, request, content, completion)
        }),
      Route(
        path: "/api/v1/overrides/{namespace}/{name}", methods: ["GET", "HEAD", "POST", "DELETE"],
        answer: .later { request, names, completion in
          let policy = policyName(names)
          switch request.method {
          case "POST": answer(.set(policy), request, content, completion)
          case "DELETE": end(policy, request, content, completion)
          default: answer(.list(policy), request, content, completion)
          }
        }),
      .post("/api/v1/overrides/{namespace}/{name}/end") { request, names, completion in
        end(policyName(names), request, content, completion)
      },
    ]
  }

  private static func end(
    _ policy: ResourceName, _ request: SidePortRequest, _ content: SidePortContent,
    _ completion: @escaping Completion
  ) {
    do throws(QueryParameter.Problem) {
      let id = try QueryParameter.id.text(of: request)
      answer(.end(policy, id: id), request, content, completion)
    } catch {
      completion(.refusal(400, error.sentence, of: request))
    }
  }

  private static func answer(
    _ action: OverrideCall.Action, _ request: SidePortRequest, _ content: SidePortContent,
    _ completion: @escaping Completion
  ) {
    if request.method == "POST", !request.body.isEmpty, let refusal = typeRefusal(request) {
      return completion(refusal)
    }
    let call = OverrideCall(
      action, body: request.body, forwarder: request.forwarder, prefersText: request.prefersText)
    content.overrides(call) { answer in
      switch answer {
      case .json(let status, let body):
        completion(
          SidePortResponse(
            status: status, contentType: "application/json; charset=utf-8",
            body: body + [UInt8(ascii: "\n")]))
      case .text(let status, let text): completion(.text(status: status, text))
      case .refused(let status, let sentence):
        completion(.refusal(status, sentence, of: request))
      }
    }
  }
}
