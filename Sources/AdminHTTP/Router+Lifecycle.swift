internal import Telemetry

/// What users of Prometheus know: `/-/healthy`, `/-/ready` and `/-/reload`.
extension Router {
  static func lifecycle(_ content: AdminContent) -> [Route] {
    [
      // That this thread answers is all that counts: a restart would not fix anything else.
      .get("/-/healthy") { _, _ in health(HealthReport([HealthCheck("process")])) },
      .get("/-/ready") { _, _ in health(content.readiness()) },
      .post("/-/reload") { request, _, completion in
        content.reload { completion(answer($0, request)) }
      },
    ]
  }

  private static func answer(_ report: ReloadReport, _ request: AdminRequest) -> AdminResponse {
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
