internal import Scaling
internal import Telemetry

extension Router {
  /// The side port's routes (design section 3).
  static func admin(_ content: AdminContent) -> Router {
    Router(routes: [
      .get("/metrics") { request, _ in metrics(content.metrics, accept: request.accept) },
      .get("/healthz") { _, _ in health(content.health()) },
      // That this thread answers is all there is to say: what else is wrong, a restart of the
      // process would not mend.
      .get("/livez") { _, _ in health(HealthReport([HealthCheck("process")])) },
      .get("/readyz") { _, _ in health(content.readiness()) },
      .get("/api/v1/policies") { _, _ in policies(content.policies()) },
      .get("/api/v1/decisions/{namespace}/{name}") { _, names in
        // `-` cannot be the name of a namespace, so it can mean none.
        let policy = ResourceName(
          namespace: names[0] == Self.noNamespace ? nil : names[0], name: names[1])
        return decision(content.decision(policy), of: policy)
      },
    ])
  }

  /// Stands in a path for policies without a namespace.
  static let noNamespace = "-"

  private static func metrics(_ registry: MetricsRegistry, accept: String?) -> AdminResponse {
    let format = MediaTypes.exposition(accept: accept)
    var response = AdminResponse(
      status: 200, contentType: format.contentType, body: registry.exposition(format))
    response.headers.append(("Vary", "Accept"))
    return response
  }

  private static func health(_ report: HealthReport) -> AdminResponse {
    .json(status: report.isHealthy ? 200 : 503) { json in
      json.field("status", word(report.isHealthy))
      json.field(array: "checks") { json in
        for check in report.checks {
          json.object { json in
            json.field("name", check.name)
            json.field("status", word(check.problem == nil))
            if let problem = check.problem { json.field("message", problem) }
          }
        }
      }
    }
  }

  private static func word(_ isWell: Bool) -> String { isWell ? "ok" : "failing" }

  private static func policies(_ summaries: [PolicySummary]) -> AdminResponse {
    .json { json in
      json.field(array: "policies") { json in
        for summary in summaries.sorted(by: { $0.policy.name < $1.policy.name }) {
          json.object { DecisionJSON.write(summary, to: &$0) }
        }
      }
    }
  }

  private static func decision(_ record: DecisionRecord?, of policy: ResourceName) -> AdminResponse
  {
    guard let record else {
      let place = policy.namespace.map { "in namespace \($0)" } ?? "without a namespace"
      return .error(
        404, "there is no policy \(policy.name) \(place); /api/v1/policies lists all that are")
    }
    return .json { DecisionJSON.write(record, to: &$0) }
  }
}
