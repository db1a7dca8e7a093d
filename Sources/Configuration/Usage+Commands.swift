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

  /// The text of `headstart import --help`.
  package static var importing: String {
    """
    Makes policies of the objects of other autoscalers: KEDA's ScaledObjects with cron and prometheus
    triggers, CronHorizontalPodAutoscalers, HorizontalPodAutoscalers with external metrics, and
    workloads with annotations of kube-downscaler. Exit code 1 where something could not be carried
    over, which a comment says.

    Usage:
      headstart import FILE… [FLAGS]

    Flags:
    \(ImportFlag.usage)

    """
  }

  /// The text of `headstart backtest --help`.
  package static var backtest: String {
    """
    Replays a policy over a load that was measured, beside an HPA alone and an oracle; or several
    policies, and several values of one, side by side.

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

  /// The text of `headstart recommend --help`.
  package static var recommend: String {
    """
    Makes a policy for a load that was measured: of its first half, tested on its second. Prints YAML
    with the reasons and the backtest as comments.

    Usage:
      headstart recommend --prometheus=URL --query=PROMQL --per-replica=N [FLAGS]
      headstart recommend --load=FILE --per-replica=N [FLAGS]

    Flags:
    \(RecommendFlag.usage)

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

  /// The text of `headstart boost --help`, `freeze --help` and `overrides --help`.
  package static var overrides: String {
    """
    Overrides what a policy of a running Headstart asks for, until a certain time: above the caps of
    its schedule, and within minReplicas and maxReplicas.

    Usage:
      headstart boost NAME --at-least=N --until=18:00 [--reason=TEXT] [FLAGS]
      headstart boost NAME --at-most=N --for=2h [--reason=TEXT] [FLAGS]
      headstart freeze NAME --for=2h [--reason=TEXT] [FLAGS]
      headstart overrides [NAME] [FLAGS]
      headstart overrides NAME --end [--id=ID] [FLAGS]

    Flags:
    \(OverrideFlag.usage)

    """
  }

  private static var times: String {
    """
    Times are RFC 3339, or UTC where they name no offset: 2026-11-27T09:00:00+01:00,
    "2026-11-27 08:00:00", 2026-11-27, now. Durations are written as Go does, with d and w added.
    """
  }
}
