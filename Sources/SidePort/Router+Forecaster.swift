internal import Scaling
internal import Telemetry
internal import Time

/// Headstart as a forecaster: what Kedastral's forecasters answer, so that its scaler, or another
/// Headstart, can read it.
extension Router {
  /// None unless forecasts are served.
  static func forecaster(_ content: SidePortContent) -> [Route] {
    guard let service = content.forecastService else { return [] }
    return [
      .get("/workloads") { _, _ in
        .json { json in
          json.field(array: "workloads") { json in
            for name in service.workloads() { json.element(name) }
          }
        }
      },
      .get("/forecast/current") { request, _ in
        answer(request) { () throws(QueryParameter.Problem) in
          guard let workload = try QueryParameter.workload.text(of: request) else {
            throw QueryParameter.Problem(
              sentence: "the parameter workload is missing: /workloads lists all that are")
          }
          guard let forecast = service.forecast(workload) else {
            return .error(404, "snapshot not found for workload \"\(workload.prefix(253))\"")
          }
          var response = SidePortResponse.json { write(forecast, to: &$0) }
          if forecast.isStale { response.headers.append(("X-Kedastral-Stale", "true")) }
          return response
        }
      },
    ]
  }

  private static func write(_ forecast: ServedForecast, to json: inout JSONWriter) {
    let step = forecast.series.step.components.seconds
    json.field("workload", forecast.workload)
    json.field("metric", forecast.metric)
    json.field("generatedAt", forecast.series.generatedAt.rfc3339)
    json.field("stepSeconds", step)
    json.field("horizonSeconds", step * Int64(forecast.series.replicas.count))
    json.field(array: "values") { json in
      for value in forecast.values { json.element(value) }
    }
    json.field(array: "desiredReplicas") { json in
      for replicas in forecast.series.replicas { json.element(replicas) }
    }
  }
}
