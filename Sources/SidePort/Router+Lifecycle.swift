internal import Telemetry

/// What users of Prometheus know: `/-/healthy`, `/-/ready` and `/-/reload`.
extension Router {
  static func lifecycle(_ content: SidePortContent) -> [Route] {
    [
      // That this thread answers is all that counts: a restart would not fix anything else.
      .get("/-/healthy") { _, _ in health(HealthReport([HealthCheck("process")])) },
      .get("/-/ready") { _, _ in health(content.readiness(false)) },
      .post("/-/reload") { request, _, completion in
        content.reload { completion(answer($0, request)) }
      },
      .put("/api/v1/log-level") { request, _, completion in
        guard let change = content.setLogLevel else {
          return completion(
            .refusal(403, "the log level can be changed only with --http-token-file", of: request))
        }
        guard let level = LogLevelChange.level(in: request.body) else {
          return completion(
            .refusal(400, "the body has to be debug, info, warn or error", of: request))
        }
        change(level) { completion(answer($0)) }
      },
    ]
  }

  private static func answer(_ change: LogLevelChange) -> SidePortResponse {
    .json { json in
      json.field("level", change.level.name)
      if let lasting = change.lasting {
        json.field("seconds", Int(lasting.components.seconds))
      } else {
        json.fieldNull("seconds")
      }
    }
  }

  private static func answer(_ report: ReloadReport, _ request: SidePortRequest) -> SidePortResponse
  {
    guard report.problems.isEmpty else {
      let problems = report.problems.joined(separator: "; ")
      return .refusal(500, "reloaded in part: \(problems)", of: request)
    }
    return .json { json in
      json.field("message", "reloaded")
      json.field("policies", report.policies)
    }
  }
}
