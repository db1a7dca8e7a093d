/// A flag of a command that runs to its end.
package protocol CommandFlag: RawRepresentable, CaseIterable, Hashable where RawValue == String {
  /// What stands for the value in the usage; nil for a switch.
  var placeholder: String? { get }
  /// What it does, in a few words.
  var help: String { get }
}

extension CommandFlag {
  /// One line for each flag.
  static var usage: String {
    let heads = allCases.map { flag in
      "--\(flag.rawValue)\(flag.placeholder.map { "=\($0)" } ?? "")"
    }
    let width = (heads.map(\.count).max() ?? 0) + 2
    return zip(heads, allCases).map { head, flag in
      "  \(head)\(String(repeating: " ", count: width - head.count))\(flag.help)"
    }.joined(separator: "\n")
  }
}

extension Usage {
  /// The text of `headstart check --help`.
  package static var check: String {
    """
    Validates manifests, as the server would read them together.

    Usage:
      headstart check FILE… [FLAGS]

    Flags:
    \(CheckFlag.usage)

    """
  }

  /// The text of `headstart plan --help`.
  package static var plan: String {
    """
    Shows what policies will ask for, when and why, without a server.

    Usage:
      headstart plan FILE… [FLAGS]

    Flags:
    \(PlanFlag.usage)

    \(times)

    """
  }

  /// The text of `headstart backtest --help`.
  package static var backtest: String {
    """
    Replays a policy over a load that was measured, beside an HPA alone and an oracle.

    Usage:
      headstart backtest FILE… --load=FILE [FLAGS]
      headstart backtest FILE… --prometheus=URL --query=PROMQL --from=TIME --to=TIME [FLAGS]

    Flags:
    \(BacktestFlag.usage)

    \(times)

    """
  }

  /// The text of `headstart forecast --help`.
  package static var forecast: String {
    """
    Learns a load and shows what the built-in forecaster expects next, and how far to trust it.

    Usage:
      headstart forecast --load=FILE --threshold=VALUE --lead-time=DURATION [FLAGS]
      headstart forecast --prometheus=URL --query=PROMQL --threshold=VALUE --lead-time=DURATION [FLAGS]

    Flags:
    \(ForecastFlag.usage)

    \(times)

    """
  }

  /// The text of `headstart explain --help`.
  package static var explain: String {
    """
    Asks a running Headstart why a policy asks for what it asks for.

    Usage:
      headstart explain NAME [FLAGS]

    Flags:
    \(ExplainFlag.usage)

    \(times)

    """
  }

  private static var times: String {
    """
    Times are RFC 3339, or UTC where they name no offset: 2026-11-27T09:00:00+01:00,
    "2026-11-27 08:00:00", 2026-11-27, now. Durations are written as Go does, with d and w added.
    """
  }
}
