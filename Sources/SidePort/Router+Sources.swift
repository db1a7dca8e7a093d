internal import Telemetry
internal import Time

/// How the data sources do.
extension Router {
  static func sources(_ content: SidePortContent) -> [Route] {
    [
      .get("/api/v1/sources") { request, _ in
        guard let (sources, now) = content.sources() else {
          return .refusal(503, "the control loop does not answer", of: request)
        }
        return .json { json in
          json.field("now", now.rfc3339Milliseconds)
          json.field(array: "sources") { json in
            for source in sources {
              json.object { DecisionJSON.write(source, at: now, to: &$0) }
            }
          }
        }
      }
    ]
  }
}
