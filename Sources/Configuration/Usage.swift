/// The text of `headstart --help`.
package enum Usage {
  package static var text: String {
    let width = (ServeFlag.allCases.map { Self.head(of: $0).count }.max() ?? 0) + 2
    let flags = ServeFlag.allCases.map { flag in
      let head = Self.head(of: flag)
      let padding = String(repeating: " ", count: width - head.count)
      return "  \(head)\(padding)\(flag.help) [\(flag.environmentVariable)]"
    }
    return """
      Headstart answers KEDA with the replicas that will be needed, before they are.

      Usage:
        headstart [serve] [FLAGS]   run the external scaler
        headstart check FILE…       validate manifests; exit code 1 on errors
        headstart plan FILE…        show what policies will ask for, when and why
        headstart backtest FILE…    replay a policy over a load that was measured
        headstart forecast          show what the built-in forecaster expects of a load
        headstart explain NAME      ask a running server why it asks for that number
        headstart version           print the version

      check, plan, backtest, forecast and explain list their flags with --help.

      Flags of serve, and the environment variables behind them:
      \(flags.joined(separator: "\n"))

      Durations are written as Go does, with d and w added: 90s, 1h30m, 2d.

      """
  }

  private static func head(of flag: ServeFlag) -> String {
    "--\(flag.rawValue)=\(flag.placeholder)"
  }
}
