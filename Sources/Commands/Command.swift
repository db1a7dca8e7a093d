internal import CivilTime
internal import Configuration
internal import DataSources
internal import Glibc
internal import Manifests
internal import Scaling
internal import Serving
internal import StateDirectory

/// The commands of `headstart`, and what their exit codes mean: 0 for success, 1 for a finding or a
/// failure at work, 2 for an invalid command line, file or environment, 3 for a
/// server that cannot be reached.
package enum Command {
  /// Runs what the process was started for.
  ///
  /// - Returns: the exit code.
  package static func main() -> Int32 {
    do throws(UsageError) {
      let code = run(try StartArguments.read())
      guard let problem = outputProblem else { return code }
      complain(problem)
      return code == 0 ? 1 : code
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
      case "recommend":
        return try finish { try RecommendCommand(arguments.dropFirst()).run() }
      case "import":
        return try finish { try ImportCommand(arguments.dropFirst()).run() }
      case "explain":
        return try finish { try ExplainCommand(arguments.dropFirst()).run() }
      case "boost", "freeze", "overrides":
        let verb = arguments.first.flatMap(OverrideVerb.init(rawValue:)) ?? .overrides
        return try finish { try OverrideCommand(verb, arguments.dropFirst()).run() }
      case "version", "--version", "-version":
        write("headstart \(Version.number)\n", to: STDOUT_FILENO)
        return 0
      case "help":
        write(Usage.text, to: STDOUT_FILENO)
        return 0
      case "serve":
        return try serve(arguments.dropFirst())
      case let word? where !word.hasPrefix("-"):
        let hint = Suggestion.nearest(to: word, among: commands).map { "did you mean \($0)?" }
        throw UsageError(
          "unknown command \(word.prefix(100)); \(hint ?? "see headstart --help")")
      default:
        return try serve(arguments[...])
      }
    } catch {
      complain("\(error)")
      return 2
    }
  }

  private static let commands = [
    "serve", "check", "plan", "backtest", "forecast", "recommend", "import", "explain", "boost",
    "freeze", "overrides", "version", "help",
  ]

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
    let flags = try FlagParser<ServeFlag>(arguments)
    guard !flags.asksForHelp else {
      write(Usage.text, to: STDOUT_FILENO)
      return 0
    }
    var environment: [String: String] = [:]
    for flag in ServeFlag.allCases {
      guard let value = getenv(flag.environmentVariable) else { continue }
      environment[flag.environmentVariable] = String(cString: value)
    }
    for variable in ElastiVariable.allCases {
      guard let value = getenv(variable.rawValue) else { continue }
      environment[variable.rawValue] = String(cString: value)
    }
    let configuration = try ServeConfiguration(flags: flags, environment: environment)
    do {
      return try Server(configuration).run()
    } catch let error as StateDirectoryInUse {
      complain(error.description)
      return 1
    } catch {
      complain("\(error)")
      return 2
    }
  }

  private static func check(_ arguments: ArraySlice<String>) throws(UsageError) -> Int32 {
    let flags = try FlagParser<CheckFlag>(arguments)
    guard !flags.asksForHelp else {
      write(Usage.check, to: STDOUT_FILENO)
      return 0
    }
    guard !flags.operands.isEmpty else {
      throw UsageError("check needs at least one manifest: headstart check FILE…")
    }
    let servers = try TriggerServers(checkedWith: flags)
    let check = ManifestCheck(
      paths: flags.operands, defaults: PolicyDefaults(triggerServers: servers),
      zones: CCTZDatabase(), now: WallClock.now()
    ) {
      CalendarReader($0, zones: CCTZDatabase()).fileContent()
    } trigger: {
      TriggerCheck.problem(of: $0, in: $1, zones: CCTZDatabase())
    }
    let lines = check.diagnostics.map(\.description) + check.notes.map { "\($0)" } + [check.summary]
    write(lines.map { $0 + "\n" }.joined(), to: STDOUT_FILENO)
    return check.hasErrors ? 1 : 0
  }
}
