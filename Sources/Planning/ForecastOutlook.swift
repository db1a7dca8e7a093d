package import Forecasting
internal import Scaling
package import Time

/// What the built-in forecaster expects next, for people.
package struct ForecastOutlook {
  package let buckets: LoadBuckets
  /// One for each quantile, with its forecast.
  package let forecasts: [(forecaster: LoadForecaster, forecast: LoadForecast)]

  /// Nil where fewer than two values are known.
  package init?(_ walk: ForecastWalk) {
    buckets = walk.buckets
    forecasts = walk.forecasters.compactMap { forecaster in
      forecaster.forecast().map { (forecaster, $0) }
    }
    guard !forecasts.isEmpty else { return nil }
  }

  /// The first instant that is forecast, and the end.
  package var start: Instant { buckets.start(of: buckets.end) }
  package var end: Instant {
    buckets.start(of: buckets.end + (forecasts.first?.forecast.loads.count ?? 0))
  }
  private var dayBefore: Int { buckets.end - Int(86_400_000 / max(buckets.step.milliseconds, 1)) }
  /// Where charts begin.
  package var chartStart: Instant { buckets.start(of: max(dayBefore, buckets.first)) }

  /// The last day of the load.
  package var past: StepSeries {
    var series = StepSeries()
    for bucket in max(dayBefore, buckets.first)..<buckets.end {
      series.append(buckets.values[bucket - buckets.first], at: buckets.start(of: bucket))
    }
    series.append(nil, at: start)
    return series
  }

  /// A forecast as a series.
  package func series(_ loads: [Double]) -> StepSeries {
    var series = StepSeries()
    for (horizon, load) in loads.enumerated() {
      series.append(load, at: buckets.start(of: buckets.end + horizon))
    }
    series.append(nil, at: end)
    return series
  }

  /// The forecasts beside each other, a line for each bucket.
  package var table: [String] {
    var rows = [["from (UTC)", "expected"]]
    for forecaster in forecasts.map(\.forecaster) {
      rows[0] += ["at most with \(Self.share(forecaster))", "replicas"]
    }
    for horizon in forecasts[0].forecast.loads.indices {
      var row = [
        buckets.start(of: buckets.end + horizon).wholeSecondText,
        NumberFormat.plain(forecasts[0].forecast.medians[horizon]),
      ]
      for (forecaster, forecast) in forecasts {
        let load = forecast.loads[horizon]
        let replicas = ForecastWalk.replicas(
          for: load, threshold: forecaster.parameters.threshold)
        row += [NumberFormat.plain(load), "\(replicas)"]
      }
      rows.append(row)
    }
    return TextTable.lines(rows)
  }

  /// `90 %` of a forecaster.
  private static func share(_ forecaster: LoadForecaster) -> String {
    "\(ForecastWalk.percent(forecaster.parameters.quantile)) %"
  }

  /// How far each forecast can be trusted, a sentence each.
  package var judgements: [String] {
    forecasts.map { forecaster, _ in
      let history = forecaster.history
      let judged = ForecastAccount.judged(history)
      var text = "With \(Self.share(forecaster)): "
      if let kept = forecaster.kept {
        text += "kept \(NumberFormat.fixed(kept * 100, digits: 1)) % of the last \(judged)"
      } else {
        text += "not judged yet"
      }
      if forecaster.charge == .regression, let skill = forecaster.skill {
        let share = NumberFormat.fixed(abs(skill.value) * 100, digits: 0)
        let comparison = share == "0" ? "" : "\(share) % \(skill.value < 0 ? "above" : "below") "
        text +=
          "; its loss is \(comparison)that of the best simple guess"
          + " (\(skill.guess.model.name(knowing: history)))"
      } else if let addition = forecaster.addition {
        let percent = NumberFormat.fixed(abs(addition) * 100, digits: 0)
        text +=
          "; it is \(forecaster.charge.model.value(knowing: history))"
          + " \(addition < 0 ? "minus" : "plus") \(percent) %, which has been the better guess for"
          + " \(judged)"
      }
      return text + "."
    }
  }

  /// How much was learnt.
  package var learnt: String {
    let forecaster = forecasts[0].forecaster
    let stage =
      switch forecaster.stage {
      case .silent(let needed): ": a signal would be silent, \(needed) more values are needed"
      case .hours(let hours): ": learning, with \(hours) h of history"
      case .days(let days): ": it knows \(days) days, and no whole week yet"
      case .settled: ""
      }
    return "Learnt \(buckets.values.count) buckets of \(buckets.step.text) from"
      + " \(buckets.start(of: buckets.first).rfc3339) to \(start.rfc3339),"
      + " \(forecaster.missingCount) of them missing\(stage)"
  }
}

extension ForecastModel {
  /// As a simple guess is called.
  package var name: String { model.rawValue }

  fileprivate var model: ForecastAccount.Model {
    switch self {
    case .regression: .regression
    case .lastValue: .lastValue
    case .yesterday: .yesterday
    case .lastWeek: .lastWeek
    }
  }
}
