internal import Scaling
internal import Telemetry
internal import Time

/// The JSON of built-in forecasts. Loads are in the unit of the query, times RFC 3339 in UTC.
enum ForecastJSON {
  static func write(_ records: ForecastRecords, to json: inout JSONWriter) {
    json.field("namespace", records.policy.namespace)
    json.field("name", records.policy.name)
    json.field("now", records.now.rfc3339Milliseconds)
    json.field(array: "forecasts") { json in
      for record in records.forecasts { json.object { write(record, to: &$0) } }
    }
  }

  private static func write(_ record: ForecastRecord, to json: inout JSONWriter) {
    let model = record.model
    json.field("signal", record.signal)
    json.field("observed", record.isObserved)
    json.field("state", record.state.rawValue)
    json.field("problem", record.problem)
    json.field("query", model.query)
    json.field("threshold", model.threshold)
    json.field("quantile", model.quantile)
    json.field("stepSeconds", model.step.components.seconds)
    json.field("leadTime", model.leadTime.text)
    json.field("timeZone", model.timeZone)
    json.field("explanation", record.account?.sentence)
    if let account = record.account {
      json.field(object: "account") { write(account, to: &$0) }
    } else {
      json.fieldNull("account")
    }
    json.field(array: "values") { json in
      guard let series = record.series, let account = record.account else { return }
      for (index, (replicas, step)) in zip(series.replicas, account.steps).enumerated() {
        json.object { json in
          json.field("at", series.generatedAt.advanced(by: series.step * index).rfc3339)
          json.field("expected", step.expected)
          json.field("atMost", step.atMost)
          json.field("usual", step.usual)
          json.field("replicas", replicas)
        }
      }
    }
    json.field(array: "past") { json in
      for bucket in record.past {
        json.object { json in
          json.field("at", bucket.at.rfc3339)
          json.field("came", bucket.came)
          json.field("expected", bucket.expected)
          json.field("asked", bucket.asked)
        }
      }
    }
  }

  /// How far to trust it, who is in charge, and what it has learnt.
  static func write(_ account: ForecastAccount, to json: inout JSONWriter) {
    json.field("kept", account.kept)
    json.field("skill", account.skill)
    json.field("bestGuess", account.bestGuess?.rawValue)
    json.field("charge", account.charge.rawValue)
    json.field("addition", account.addition)
    json.field("lastHourAboveUsual", account.lastHourAboveUsual)
    json.field("stage", account.stage)
    json.field("historySeconds", account.history.components.seconds)
    json.field("wantedHistorySeconds", account.wanted.components.seconds)
    json.field("missingBuckets", account.missing)
  }
}
