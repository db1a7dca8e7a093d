internal import Planning
internal import Scaling
internal import Telemetry
internal import Time

extension BacktestCommand {
  /// `a, b and 3 more`, for the title of a picture.
  func title(of policies: [Policy]) -> String {
    let names = policies.prefix(3).map { "\($0.name)" }.joined(separator: ", ")
    return "Backtest of \(names)" + (policies.count > 3 ? " and \(policies.count - 3) more" : "")
  }

  func text(of comparison: Comparison, _ setup: Setup) -> String {
    let settings = comparison.settings
    var lines = head(
      comparison.rows.count == 1 ? "1 policy" : "\(comparison.rows.count) policies", settings,
      accounted: comparison.accounted, setup)
    lines += [""] + comparison.table + [""]
    lines += comparison.warnings(setup.policies, history: setup.history)
    lines += comparison.recommendations
    return lines.joined(separator: "\n") + "\n"
  }

  func json(of comparison: Comparison, _ setup: Setup) -> String {
    var json = JSONWriter()
    json.object { json in
      settings(
        comparison.settings, accounted: comparison.accounted, setup, into: &json)
      json.field(array: "policies") { json in
        for row in comparison.rows {
          json.object { json in
            json.field("namespace", row.policy.namespace)
            json.field("name", row.policy.name)
            json.field(object: "values") { json in
              for (sweep, value) in zip(comparison.sweeps, row.values) {
                json.field(sweep.parameter.rawValue, value)
              }
            }
            json.field("front", row.isOnFront)
            json.field("overTheNeed", comparison.excess(of: row.account))
            account(row.account, share: comparison.share(of: row.account), into: &json)
            if let equal = row.equalHours {
              json.field(object: "equalHours") { json in
                account(equal, share: comparison.share(of: equal), into: &json)
              }
            }
          }
        }
      }
      for (name, outcome) in [("reactive", comparison.reactive), ("oracle", comparison.oracle)] {
        json.field(object: name) { json in
          account(outcome, share: comparison.share(of: outcome), into: &json)
        }
      }
      json.field(array: "recommendations") { json in
        for sentence in comparison.recommendations { json.element(sentence) }
      }
      json.field(array: "warnings") { json in
        for warning in comparison.warnings(setup.policies, history: setup.history) {
          json.element(warning)
        }
      }
    }
    return String(decoding: json.bytes, as: UTF8.self) + "\n"
  }
}
