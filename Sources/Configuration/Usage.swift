/// The text of `headstart --help`.
package enum Usage {
  package static var text: String {
    """
    Headstart answers KEDA with the replicas that will be needed, before they are.

    Usage:
      headstart [serve] [FLAGS]   run the external scaler
      headstart check FILE…       validate manifests; exit code 1 on errors
      headstart plan FILE…        show what policies will ask for, when and why
      headstart backtest FILE…    replay a policy over a load that was measured
      headstart forecast          show what the built-in forecaster expects of a load
      headstart recommend         make a policy for a load that was measured
      headstart import FILE…      make policies of triggers and objects of other systems
      headstart explain NAME      ask a running server why it asks for that number
      headstart boost NAME        ask for more or fewer replicas until a certain time
      headstart freeze NAME       keep the present replicas until a certain time
      headstart overrides [NAME]  list or end boosts and freezes
      headstart version           print the version

    All commands but serve and version list their flags with --help.

    Flags of serve, and the environment variables that are read where one is not given:
    \(ServeFlag.usageWithVariables)

    Durations are written as Go does, with d and w added: 90s, 1h30m, 2d.

    """
  }
}
