internal import Configuration
internal import Glibc
internal import Serving
internal import Time

/// `headstart explain`: asks a running server for a decision and prints how it tells it.
struct ExplainCommand {
  private let flags: FlagParser<ExplainFlag>

  init(_ arguments: ArraySlice<String>) throws(UsageError) {
    flags = try FlagParser<ExplainFlag>(arguments)
  }

  /// - Returns: the exit code.
  /// - Throws: `UsageError` for an invalid command line or a policy that does not
  ///   exist, `UnreachableServer` where no one answers.
  func run() throws -> Int32 {
    guard !flags.asksForHelp else {
      Command.write(Usage.explain, to: STDOUT_FILENO)
      return 0
    }
    let contentType = flags.isOn(.json) ? "application/json" : "text/plain"
    let answer = try server().ask(try path(), as: contentType)
    Command.write(answer, to: STDOUT_FILENO)
    return 0
  }

  // MARK: Reading the command line

  private func server() throws(UsageError) -> SidePortClient {
    try SidePortClient(
      server: flags.valueOrDefault(.server), tokenFile: flags.values[.tokenFile]?.last,
      caFile: flags.values[.caFile]?.last)
  }

  private func path() throws(UsageError) -> String {
    guard let operand = flags.operands.first, flags.operands.count == 1 else {
      throw UsageError(
        "explain needs the name of one policy: headstart explain NAME [--namespace=NAMESPACE]")
    }
    let policy = try SidePortClient.policy(operand, namespace: flags.values[.namespace]?.last)
    let path = "/api/v1/decisions/\(policy)"
    guard let text = flags.values[.at]?.last, text != "now" else { return path }
    let time = try CommandInput.time(text, flag: ExplainFlag.at.rawValue, now: WallClock.now())
    return "\(path)?at=\(time.rfc3339)"
  }
}
