internal import Scaling
internal import Time

extension Backtest {
  /// The outcomes side by side, as lines for people.
  package var table: [String] {
    let outcomes = [
      policy.account, reactive.account, equalHours.outcome.account, oracle.account,
    ]
    var rows = [["", "headstart", "HPA alone", "HPA, same hours", "oracle"]]
    rows.append(["under-provisioned"] + outcomes.map { $0.underProvisioned.wholeSecondsText })
    rows.append(["  share of the time"] + outcomes.map { share(of: $0) })
    rows.append(
      ["load not served"]
        + outcomes.map { "\(NumberFormat.fixed($0.unservedShare * 100, digits: 3)) %" })
    rows.append(
      ["worst episode"] + outcomes.map { $0.worstEpisode?.length.wholeSecondsText ?? "-" })
    rows.append(["  from (UTC)"] + outcomes.map { $0.worstEpisode?.from.wholeSecondText ?? "-" })
    rows.append(
      ["  load not served"]
        + outcomes.map {
          $0.worstEpisode.map { "\(NumberFormat.fixed($0.unservedShare * 100, digits: 1)) %" }
            ?? "-"
        })
    rows.append(["worst shortfall"] + outcomes.map { "\($0.worstShortfall)" })
    rows.append(["  at (UTC)"] + outcomes.map { $0.worstAt?.wholeSecondText ?? "-" })
    rows.append(
      ["replica-hours"] + outcomes.map { NumberFormat.fixed($0.replicaHours, digits: 1) })
    rows.append(["  against the oracle"] + outcomes.map { against(oracle: $0) })
    rows.append(["scalings"] + outcomes.map { "\($0.scalings)" })

    return TextTable.lines(rows)
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
