package import Scaling

extension Backtest {
  /// Whether the policy helps, in one sentence: compared with an HPA that costs the same.
  package var verdict: String {
    let own = underProvisionedShare(of: policy.account)
    let matched = underProvisionedShare(of: equalHours.outcome.account)
    let percent = { (share: Double) in "\(NumberFormat.fixed(share * 100, digits: 2)) %" }
    let target = "target \(NumberFormat.plain(equalHours.target)) a replica"
    let cost =
      equalHours.isFarOff
      ? "the HPA whose replica-hours are nearest to it"
        + " (\(NumberFormat.fixed(equalHours.outcome.account.replicaHours, digits: 1)), \(target))"
      : "an HPA at the same replica-hours (\(target))"
    guard matched > 0 || own > 0 else {
      return "Neither the policy nor \(cost) is ever short of pods: the HPA alone is enough."
    }
    let figures = "short of pods for \(percent(own)) of the time, \(cost) for \(percent(matched))"
    guard own < matched * 0.95 else {
      let word =
        own > matched * 1.05 ? "The policy does more harm than good" : "The policy hardly helps"
      return "\(word): it is \(figures)."
    }
    let part = own / matched
    let cut = part < 0.01 ? "nearly all" : "\(NumberFormat.fixed((1 - part) * 100, digits: 0)) %"
    return "The policy cuts the time with too few pods by \(cut): it is \(figures)."
  }

  /// What a reader should know before he believes the figures.
  ///
  /// - Parameter history: the load that was replayed.
  package func warnings(_ policy: Policy, history: LoadHistory) -> [String] {
    BacktestWarnings(
      history: history, settings: settings, mostNeeded: Int(oracle.replicas.maximum)
    ).of(policy)
  }
}
