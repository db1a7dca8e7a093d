internal import Configuration
internal import Forecasting
internal import Glibc
internal import Planning
internal import Scaling
internal import Telemetry
internal import Time

extension ForecastCommand {
  /// Prints what is expected next, as table or JSON, and writes the chart.
  func report(_ walk: ForecastWalk, leadTime: Duration, width: Int) throws {
    guard let outlook = ForecastOutlook(walk) else {
      throw UsageError("the load has fewer than two values: nothing can be forecast from it")
    }
    if let path = value(.svg) { try Command.write(chart(outlook).text, toFile: path) }
    Command.write(
      flags.isOn(.json) ? json(outlook, leadTime: leadTime) : text(outlook, width: width),
      to: STDOUT_FILENO)
  }

  private func text(_ outlook: ForecastOutlook, width: Int) -> String {
    // The last day, and what is asked for after it.
    var series = outlook.past
    for step in outlook.series(outlook.forecasts[0].forecast.loads).steps {
      series.append(step.value, at: step.start)
    }
    let chart = TextChart(series, from: outlook.chartStart, to: outlook.end, width: width)
    let lines =
      ["\(outlook.learnt).", ""] + outlook.table + [""] + outlook.judgements + [""] + chart.lines
    return lines.joined(separator: "\n") + "\n"
  }

  private func chart(_ outlook: ForecastOutlook) -> SVGChart {
    let lines =
      [
        SVGChart.Line(name: "load", series: outlook.past),
        SVGChart.Line(
          name: "expected", series: outlook.series(outlook.forecasts[0].forecast.medians)),
      ]
      + outlook.forecasts.prefix(2).map { forecaster, forecast in
        let percent = ForecastWalk.percent(forecaster.parameters.quantile)
        return SVGChart.Line(
          name: "at most, with \(percent) %", series: outlook.series(forecast.loads))
      }
    return SVGChart(
      title: "Forecast",
      description: outlook.learnt + ". " + outlook.judgements.joined(separator: " "),
      valueLabel: "load", from: outlook.chartStart, to: outlook.end, lines: lines,
      gap: "load not known")
  }

  private func json(_ outlook: ForecastOutlook, leadTime: Duration) -> String {
    let parameters = outlook.forecasts[0].forecaster.parameters
    var json = JSONWriter()
    json.object { json in
      json.field("from", outlook.start.rfc3339)
      json.field("stepSeconds", parameters.step.components.seconds)
      json.field("leadTimeSeconds", leadTime.components.seconds)
      json.field("threshold", parameters.threshold)
      json.field("timeZone", zone)
      json.field("historyFrom", outlook.buckets.start(of: outlook.buckets.first).rfc3339)
      json.field("buckets", outlook.buckets.values.count)
      json.field("missingBuckets", outlook.forecasts[0].forecaster.missingCount)
      json.field(array: "expected") { json in
        for load in outlook.forecasts[0].forecast.medians { json.element(load) }
      }
      json.field(array: "forecasts") { json in
        for (forecaster, forecast) in outlook.forecasts {
          json.object { json in
            json.field("quantile", forecaster.parameters.quantile)
            json.field("charge", forecast.charge.name)
            json.field("kept", forecaster.kept)
            json.field("skill", forecaster.skill?.value)
            json.field("bestGuess", forecaster.skill?.guess.name)
            json.field(array: "loads") { json in
              for load in forecast.loads { json.element(load) }
            }
            json.field(array: "replicas") { json in
              for load in forecast.loads {
                json.element(ForecastWalk.replicas(for: load, threshold: parameters.threshold))
              }
            }
          }
        }
      }
    }
    return String(decoding: json.bytes, as: UTF8.self) + "\n"
  }
}
