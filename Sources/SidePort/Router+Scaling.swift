internal import Scaling
internal import Telemetry
internal import Time

/// Wake-ups, and what direct scaling has done.
extension Router {
  static func scaling(_ content: SidePortContent) -> [Route] {
    [
      .large("/api/v1/history") { request, _ in
        answer(request) { () throws(QueryParameter.Problem) in
          let filter = OperationHistory.Filter(
            namespace: try QueryParameter.namespace.text(of: request),
            name: try QueryParameter.name.text(of: request),
            kind: try QueryParameter.kind.text(of: request),
            policy: try QueryParameter.policy.text(of: request))
          let limit = try QueryParameter.limit.number(of: request, in: 1...10_000)
          guard var record = content.operations(filter) else {
            return .refusal(503, "the control loop does not answer", of: request)
          }
          if let limit { record.operations = Array(record.operations.prefix(limit)) }
          return .json { record.write(to: &$0) }
        }
      },
      .post("/informer/incoming-request") { request, _, completion in
        if let refusal = typeRefusal(request) { return completion(refusal) }
        switch content.incomingRequest(request.body) {
        case .failure(let problem):
          completion(.refusal(400, problem.sentence, of: request))
        case .success(let subject):
          content.wake(WakeUpCall(subject)) { woken in
            if case .done = woken { return completion(received) }
            completion(answer(woken, request))
          }
        }
      },
      .post("/api/v1/wake/{namespace}/{name}") { request, names, completion in
        do throws(QueryParameter.Problem) {
          let at = try QueryParameter.at.instant(of: request)
          let call = WakeUpCall(
            .policy(policyName(names)), at: at, forwarder: request.forwarder)
          content.wake(call) { completion(answer($0, request)) }
        } catch {
          completion(.refusal(400, error.sentence, of: request))
        }
      },
    ]
  }

  /// What KubeElasti's operator answers. Its resolver counts every status but 200 as an error.
  private static let received = SidePortResponse.json {
    $0.field("message", "Request received successfully!")
  }

  /// A body that says what it is has to be JSON.
  static func typeRefusal(_ request: SidePortRequest) -> SidePortResponse? {
    guard let type = request.contentType else { return nil }
    let essence = type.prefix { $0 != ";" }.filter { $0 != " " }.lowercased()
    guard essence != "application/json" else { return nil }
    return .refusal(
      415, "the body is \(type.prefix(60)), but has to be application/json", of: request)
  }

  private static func answer(_ answer: WakeUpAnswer, _ request: SidePortRequest) -> SidePortResponse
  {
    switch answer {
    case .done(let report):
      return .json(status: 202) { write(report, to: &$0) }
    case .ownCall:
      return .json { $0.field("message", "this call came from this very process") }
    case .unknown(let sentence):
      return .refusal(404, sentence, of: request)
    case .starting:
      var response = SidePortResponse.refusal(
        503, "this process is starting and does not know all policies yet; try again in 1s",
        of: request)
      response.headers.append(("Retry-After", "1"))
      return response
    case .limited(let wait):
      let seconds = max(1, (wait.milliseconds + 999) / 1000)
      var response = SidePortResponse.refusal(
        429, "this workload is woken too often; it is taken again in \(seconds)s", of: request)
      response.headers.append(("Retry-After", String(seconds)))
      return response
    case .noAnswer:
      return .refusal(503, "the control loop does not answer", of: request)
    }
  }

  private static func write(_ report: WakeUpReport, to json: inout JSONWriter) {
    json.field("message", "the workload of \(report.policy) has been woken")
    json.field("namespace", report.policy.namespace)
    json.field("name", report.policy.name)
    json.field("active", report.desiredReplicas.map { $0 > 0 })
    json.field("previousReplicas", report.previousReplicas)
    json.field("desiredReplicas", report.desiredReplicas)
    json.field("until", report.until.rfc3339)
    json.field("explanation", report.explanation)
    json.field(array: "scaledObjects") { json in
      for name in report.scaledObjects { json.element(name) }
    }
    if let target = report.target {
      json.field(object: "target") { json in
        json.field("result", target.result)
        json.field("from", target.from)
        json.field("to", target.to)
        json.field("error", target.error)
      }
    } else {
      json.fieldNull("target")
    }
    json.field(array: "peers") { json in
      for peer in report.peers {
        json.object { json in
          json.field("address", peer.address)
          json.field("target", peer.target)
          json.field("error", peer.error)
        }
      }
    }
  }
}
