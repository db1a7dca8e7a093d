internal import Scaling

extension Backtest {
  /// The three outcomes side by side, as lines for people.
  package var table: [String] {
    let outcomes = [policy.account, reactive.account, oracle.account]
    var rows = [["", "headstart", "HPA alone", "oracle"]]
    rows.append(["under-provisioned"] + outcomes.map { $0.underProvisioned.wholeSecondsText })
    rows.append(["  share of the time"] + outcomes.map { share(of: $0) })
    rows.append(["worst shortfall"] + outcomes.map { "\($0.worstShortfall)" })
    rows.append(["  at (UTC)"] + outcomes.map { $0.worstAt?.wholeSecondText ?? "-" })
    rows.append(
      ["replica-hours"] + outcomes.map { NumberFormat.fixed($0.replicaHours, digits: 1) })
    rows.append(["  against the oracle"] + outcomes.map { against(oracle: $0) })
    rows.append(["scalings"] + outcomes.map { "\($0.scalings)" })

    let widths = (0..<4).map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      var line = row[0].padded(to: widths[0])
      for column in 1..<4 {
        let blanks = widths[column] - row[column].count
        line += "  " + String(repeating: " ", count: blanks) + row[column]
      }
      return line
    }
  }

  /// The share of the accounted time in which an outcome had too few pods, 0 to 1; 0 when no time
  /// is accounted.
  package func underProvisionedShare(of account: BacktestAccount) -> Double {
    let total = Double(accounted.milliseconds)
    return total > 0 ? Double(account.underProvisioned.milliseconds) / total : 0
  }

  private func share(of account: BacktestAccount) -> String {
    "\(NumberFormat.fixed(underProvisionedShare(of: account) * 100, digits: 3)) %"
  }

  private func against(oracle account: BacktestAccount) -> String {
    let least = oracle.account.replicaHours
    guard least > 0 else { return "-" }
    let more = (account.replicaHours / least - 1) * 100
    return "\(more < 0 ? "" : "+")\(NumberFormat.fixed(more, digits: 1)) %"
  }
}
