internal import CivilTime
internal import Configuration
internal import Glibc
internal import Manifests
internal import Scaling

/// The commands of `headstart`, and what their exit codes mean: 0 for success, 1 for a finding or a
/// failure at work, 2 for a command line, a file or an environment that cannot be meant, 3 for a
/// server that cannot be reached.
enum Command {
  /// Runs what the process was started for.
  ///
  /// - Returns: the exit code.
  static func main() -> Int32 {
    do throws(UsageError) {
      return run(try StartArguments.read())
    } catch {
      complain("\(error)")
      return 2
    }
  }

  /// Runs what the arguments ask for.
  ///
  /// - Returns: the exit code.
  static func run(_ arguments: [String]) -> Int32 {
    do throws(UsageError) {
      switch arguments.first {
      case "check":
        return try check(arguments.dropFirst())
      case "plan":
        return try finish { try PlanCommand(arguments.dropFirst()).run() }
      case "backtest":
        return try finish { try BacktestCommand(arguments.dropFirst()).run() }
      case "forecast":
        return try finish { try ForecastCommand(arguments.dropFirst()).run() }
      case "explain":
        return try finish { try ExplainCommand(arguments.dropFirst()).run() }
      case "version", "--version", "-version":
        print("headstart \(Version.number)")
        return 0
      case "help":
        print(Usage.text, terminator: "")
        return 0
      case "serve":
        return try serve(arguments.dropFirst())
      case let word? where !word.hasPrefix("-"):
        throw UsageError("unknown command \(word.prefix(100)); see headstart --help")
      default:
        return try serve(arguments[...])
      }
    } catch {
      complain("\(error)")
      return 2
    }
  }

  /// Says in one line on standard error why nothing was done.
  ///
  /// A full pipe that is not read must not keep the process from ending: after a second the line is
  /// dropped. A pipe that can be written to takes PIPE_BUF bytes without blocking (pipe(7)).
  static func complain(_ sentence: String) {
    var poller = pollfd(fd: STDERR_FILENO, events: Int16(POLLOUT), revents: 0)
    guard poll(&poller, 1, 1000) > 0 else { return }
    let line = "headstart: \(sentence)".utf8.prefix(Int(PIPE_BUF) - 8)
    write(String(decoding: line, as: UTF8.self) + "\n", to: STDERR_FILENO)
  }

  /// Runs a command that ends by itself, and turns its failures into an exit code.
  private static func finish(_ body: () throws -> Int32) throws(UsageError) -> Int32 {
    do {
      return try body()
    } catch let error as UsageError {
      throw error
    } catch is CommandInput.BrokenManifests {
      return 1
    } catch let error as UnreachableServer {
      complain(error.sentence)
      return 3
    } catch {
      throw UsageError("\(error)")
    }
  }

  private static func serve(_ arguments: ArraySlice<String>) throws(UsageError) -> Int32 {
    let flags = try FlagParser<ServeFlag>(arguments, switches: ServeFlag.switches)
    guard !flags.asksForHelp else {
      print(Usage.text, terminator: "")
      return 0
    }
    var environment: [String: String] = [:]
    for flag in ServeFlag.allCases {
      guard let value = getenv(flag.environmentVariable) else { continue }
      environment[flag.environmentVariable] = String(cString: value)
    }
    let configuration = try ServeConfiguration(flags: flags, environment: environment)
    do {
      return try Server(configuration).run()
    } catch {
      complain("\(error)")
      return 2
    }
  }

  private static func check(_ arguments: ArraySlice<String>) throws(UsageError) -> Int32 {
    let flags = try FlagParser<CheckFlag>(arguments)
    guard !flags.asksForHelp else {
      print(Usage.check, terminator: "")
      return 0
    }
    guard !flags.operands.isEmpty else {
      throw UsageError("check needs at least one manifest: headstart check FILE…")
    }
    let servers = try TriggerServers(checkedWith: flags)
    let check = ManifestCheck(
      paths: flags.operands, defaults: PolicyDefaults(triggerServers: servers),
      zones: CCTZDatabase(), now: WallClock.now())
    for diagnostic in check.diagnostics { print("\(diagnostic)") }
    print(check.summary)
    return check.hasErrors ? 1 : 0
  }
}
