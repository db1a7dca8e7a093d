internal import Scaling
internal import Telemetry
internal import Time

extension Router {
  /// The side port's routes (design section 3).
  static func sidePort(_ content: SidePortContent) -> Router {
    Router(
      routes: [
        .large("/metrics") { request, _ in metrics(content.metrics, accept: request.accept) },
        .get("/healthz") { _, _ in health(content.health()) },
        // That this thread answers is all there is to say: what else is wrong, a restart of the
        // process would not fix.
        .get("/livez") { _, _ in health(HealthReport([HealthCheck("process")])) },
        .get("/readyz") { request, _ in
          health(content.readiness(request.query[QueryParameter.sources.rawValue] != nil))
        },
        .large("/api/v1/policies") { request, _ in
          answer(request) { () throws(QueryParameter.Problem) in
            policies(content.policies(try PolicySelection(request)))
          }
        },
        .large("/api/v1/decisions/{namespace}/{name}") { request, names in
          answer(request) { () throws(QueryParameter.Problem) in
            let policy = policyName(names)
            let question = try DecisionQuestion(request)
            return answer(content.decision(policy, question), request) { record in
              request.prefersText
                ? .text(DecisionText(record).text) : .json { DecisionJSON.write(record, to: &$0) }
            }
          }
        },
        .large("/api/v1/forecasts/{namespace}/{name}") { request, names in
          let policy = policyName(names)
          return answer(content.forecasts(policy), request) { records in
            .json { ForecastJSON.write(records, to: &$0) }
          }
        },
        .large("/api/v1/decisions/{namespace}/{name}/history") { request, names in
          answer(request) { () throws(QueryParameter.Problem) in
            let policy = policyName(names)
            let since = try QueryParameter.since.instant(of: request)
            return answer(content.history(policy, since), request) { past in
              .json { DecisionJSON.write(past, to: &$0) }
            }
          }
        },
        .large("/api/v1/decisions/{namespace}/{name}/projection") { request, names in
          answer(request) { () throws(QueryParameter.Problem) in
            let policy = policyName(names)
            let hours = try QueryParameter.hours.hours(of: request)
            return answer(content.projection(policy, hours), request) { future in
              .json { DecisionJSON.write(future, to: &$0) }
            }
          }
        },
        .large("/api/v1/decisions/{namespace}/{name}/outline") { request, names in
          answer(request) { () throws(QueryParameter.Problem) in
            let policy = policyName(names)
            let hours = try QueryParameter.hours.hours(of: request)
            return answer(content.projection(policy, hours), request) { future in
              let since = future.now.advanced(by: .zero - hours)
              return answer(content.history(policy, since), request) { past in
                .json { DecisionJSON.writeOutline(past: past, future: future, to: &$0) }
              }
            }
          }
        },
      ] + lifecycle(content) + findings(content) + sources(content) + memory(content)
        + scaling(content) + overrides(content) + forecaster(content)
        + PageFile.all.map { $0.route })
  }

  // `-` cannot be the name of a namespace, so it can mean none.
  static func policyName(_ names: [String]) -> ResourceName {
    ResourceName(namespace: names[0] == noNamespace ? nil : names[0], name: names[1])
  }

  /// What a route says, or 400 with what is wrong with its parameters.
  static func answer(
    _ request: SidePortRequest,
    _ route: () throws(QueryParameter.Problem) -> SidePortResponse
  ) -> SidePortResponse {
    do throws(QueryParameter.Problem) {
      return try route()
    } catch {
      return .refusal(400, error.sentence, of: request)
    }
  }

  private static func answer<Value: Sendable>(
    _ found: SidePortContent.Answer<Value>, _ request: SidePortRequest,
    _ response: (Value) -> SidePortResponse
  ) -> SidePortResponse {
    switch found {
    case .found(let value):
      return response(value)
    case .unknowable(let sentence):
      return .refusal(404, sentence, of: request)
    case .noAnswer:
      return .refusal(503, "the control loop does not answer", of: request)
    }
  }

  /// Stands in a path for policies without a namespace.
  static let noNamespace = "-"

  private static func metrics(_ registry: MetricsRegistry, accept: String?) -> SidePortResponse {
    let format = MediaTypes.exposition(accept: accept)
    var response = SidePortResponse(
      status: 200, contentType: format.contentType, body: registry.exposition(format))
    response.headers.append(("Vary", "Accept"))
    return response
  }

  static func health(_ report: HealthReport) -> SidePortResponse {
    .json(status: report.isHealthy ? 200 : 503) { json in
      json.field("status", word(report.isHealthy))
      json.field(array: "checks") { json in
        for check in report.checks {
          json.object { json in
            json.field("name", check.name)
            json.field(
              "status",
              check.problem == nil ? word(true) : check.remark?.rawValue ?? word(false))
            if let problem = check.problem { json.field("message", problem) }
          }
        }
      }
    }
  }

  private static func word(_ isWell: Bool) -> String { isWell ? "ok" : "failing" }

  private static func policies(_ page: PolicyPage) -> SidePortResponse {
    .json { json in
      json.field(array: "policies") { json in
        for summary in page.policies { json.object { DecisionJSON.write(summary, to: &$0) } }
      }
      json.field("now", page.now.rfc3339Milliseconds)
      json.field("offset", page.offset)
      json.field("matching", page.matching)
      json.field(object: "counts") { json in
        json.field("all", page.counts.total)
        json.field("ok", page.counts.ok)
        json.field("degraded", page.counts.degraded)
        json.field("unavailable", page.counts.unavailable)
      }
    }
  }
}
