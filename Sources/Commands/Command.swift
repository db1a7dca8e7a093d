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
      case "--version", "-version":
        return try run(.version, [])
      case let word? where !word.hasPrefix("-"):
        guard let name = Name(rawValue: word) else {
          let meant = Suggestion.nearest(to: word, among: Name.allCases.map(\.rawValue))
          throw UsageError(
            "unknown command \(word.prefix(100)); "
              + (meant.map { "did you mean \($0)?" } ?? "see headstart --help"))
        }
        return try run(name, arguments.dropFirst())
      default:
        return try serve(arguments[...])
      }
    } catch {
      complain("\(error)")
      return 2
    }
  }

  private enum Name: String, CaseIterable {
    case serve, check, plan, backtest, forecast, recommend, `import`, explain, boost, freeze
    case overrides, version, help
  }

  private static func run(_ name: Name, _ rest: ArraySlice<String>) throws(UsageError) -> Int32 {
    switch name {
    case .serve: return try serve(rest)
    case .check: return try check(rest)
    case .plan: return try finish { try PlanCommand(rest).run() }
    case .backtest: return try finish { try BacktestCommand(rest).run() }
    case .forecast: return try finish { try ForecastCommand(rest).run() }
    case .recommend: return try finish { try RecommendCommand(rest).run() }
    case .import: return try finish { try ImportCommand(rest).run() }
    case .explain: return try finish { try ExplainCommand(rest).run() }
    case .boost: return try finish { try OverrideCommand(.boost, rest).run() }
    case .freeze: return try finish { try OverrideCommand(.freeze, rest).run() }
    case .overrides: return try finish { try OverrideCommand(.overrides, rest).run() }
    case .version: write("headstart \(Version.number)\n", to: STDOUT_FILENO)
    case .help: write(Usage.text, to: STDOUT_FILENO)
    }
    return 0
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
