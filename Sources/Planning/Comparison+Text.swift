package import Scaling
internal import Time

extension Comparison {
  /// The rows as lines for people, by replica-hours; those of the front are marked.
  package var table: [String] {
    let names = labels(of: { $0.rawValue }, policy: "policy")
    let rest = [
      "short", "not served", "replica-hours", "over the need", "HPA, same hours", "front",
    ]
    var table = [names + rest]
    for row in rows {
      table.append(
        cells(row) + figures(row.account)
          + [
            row.isOnFront
              ? row.equalHours.map { Self.percent(share(of: $0), digits: 3) } ?? "-" : "",
            row.isOnFront ? "*" : "",
          ])
    }
    for (name, account) in [("HPA alone", reactive), ("oracle", oracle)] {
      let blanks = [String](repeating: "", count: names.count - 1)
      table.append([name] + blanks + figures(account) + ["", ""])
    }
    return TextTable.lines(table, leading: names.count).map { $0.trimmedEnd }
  }

  /// What to choose, a sentence for each share of the time that one may be short.
  package var recommendations: [String] {
    var sentences: [String] = []
    for limit in [0.05, 0.01, 0.001] {
      let asked = "For at most \(NumberFormat.plain(limit * 100)) % short"
      guard let row = cheapest(atMostShort: limit) else {
        guard let best = rows.min(by: { share(of: $0.account) < share(of: $1.account) }) else {
          return []
        }
        let found =
          "\(name(of: best)) is short for \(Self.percent(share(of: best.account), digits: 2))"
        return sentences + ["\(asked): none of these; \(found)."]
      }
      sentences.append("\(asked): \(name(of: row)): \(price(of: row.account)).")
    }
    return sentences
  }

  /// What makes the figures mean less than they seem to.
  package func warnings(_ policies: [Policy], history: LoadHistory) -> [String] {
    let warnings = BacktestWarnings(history: history, settings: settings, mostNeeded: mostNeeded)
    let triesThresholds = sweeps.contains { $0.parameter == .threshold }
    var sentences: [String] = []
    for sentence in policies.flatMap({ warnings.of($0, triesThresholds: triesThresholds) })
    where !sentences.contains(sentence) {
      sentences.append(sentence)
    }
    return sentences
  }

  /// `quantile 0.9, lead time 10m`, or the policy's name before it where there are several.
  package func name(of row: Row) -> String {
    let values = zip(sweeps, row.values).map { "\($0.parameter.name) \($1)" }
    return ((hasSeveralPolicies || values.isEmpty ? [row.label] : []) + values)
      .joined(separator: ", ")
  }

  private var hasSeveralPolicies: Bool { Set(rows.map(\.label)).count > 1 }

  private func price(of account: BacktestAccount) -> String {
    guard let excess = excess(of: account) else { return "no replicas are needed at all" }
    let percent = NumberFormat.fixed(abs(excess) * 100, digits: 1)
    return "\(percent) % \(excess < 0 ? "fewer" : "more") replica-hours than needed"
  }

  private func labels(of text: (PolicySweep.Parameter) -> String, policy: String) -> [String] {
    (hasSeveralPolicies || sweeps.isEmpty ? [policy] : []) + sweeps.map { text($0.parameter) }
  }

  private func cells(_ row: Row) -> [String] {
    (hasSeveralPolicies || sweeps.isEmpty ? [row.label] : []) + row.values
  }

  private func figures(_ account: BacktestAccount) -> [String] {
    [
      Self.percent(share(of: account), digits: 3), Self.percent(account.unservedShare, digits: 3),
      NumberFormat.fixed(account.replicaHours, digits: 1),
      excess(of: account).map { ($0 < 0 ? "" : "+") + Self.percent($0, digits: 1) } ?? "-",
    ]
  }

  static func percent(_ share: Double, digits: Int) -> String {
    "\(NumberFormat.fixed(share * 100, digits: digits)) %"
  }
}

extension String {
  /// Without blanks at the end.
  fileprivate var trimmedEnd: String {
    String(reversed().drop { $0 == " " }.reversed())
  }
}
