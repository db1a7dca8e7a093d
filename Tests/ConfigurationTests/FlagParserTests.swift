internal import Configuration
internal import Testing

@Suite struct FlagParserTests {
  @Test(arguments: [
    ["--lead-time=10m"], ["--lead-time", "10m"], ["-lead-time=10m"], ["-lead-time", "10m"],
  ])
  func `takes one dash or two, and a value behind = or a blank`(_ arguments: [String]) throws {
    let flags = try FlagParser<ServeFlag>(arguments)
    #expect(flags.values == [.leadTime: ["10m"]])
  }

  @Test func `keeps every value in order, and what is no flag`() throws {
    let flags = try FlagParser<ServeFlag>([
      "--policies=a", "file", "--policies", "b=c", "--", "--listen",
    ])
    #expect(flags.values == [.policies: ["a", "b=c"]])
    #expect(flags.operands == ["file", "--listen"])
  }

  @Test func `a dash alone is an operand, and a value may be empty`() throws {
    let flags = try FlagParser<ServeFlag>(["-", "--listen="])
    #expect(flags.operands == ["-"])
    #expect(flags.values == [.listen: [""]])
  }

  @Test(arguments: [
    (["--json", "file"], true), (["--json=true", "file"], true), (["--json=false", "file"], false),
    (["file"], false),
  ])
  func `a switch takes no value from what follows`(_ arguments: [String], _ isOn: Bool) throws {
    let flags = try FlagParser<PlanFlag>(arguments)
    #expect(flags.isOn(.json) == isOn)
    #expect(flags.operands == ["file"])
  }

  @Test func `a switch is true or false`() {
    #expect(throws: UsageError("flag --json takes no value but true or false")) {
      try FlagParser<PlanFlag>(["--json=5m"])
    }
  }

  @Test func `what is not given is what the table has as default`() throws {
    let none = try FlagParser<ExplainFlag>([])
    #expect(none.valueOrDefault(.server) == "http://127.0.0.1:8082")
    #expect(none.values[.server] == nil)
    let given = try FlagParser<ExplainFlag>(["--server=a", "--server=b"])
    #expect(given.valueOrDefault(.server) == "b")
  }

  @Test(arguments: ["--help", "-h", "-help"])
  func `knows that help is asked for`(_ argument: String) throws {
    #expect(try FlagParser<ServeFlag>([argument]).asksForHelp)
  }

  @Test(arguments: [
    (["--leadtime=5m"], "unknown flag --leadtime=5m; did you mean --lead-time?"),
    (["--rules-dir=rules"], "unknown flag --rules-dir=rules; did you mean --policies?"),
    (["-x"], "unknown flag -x; see headstart --help"),
    (["--xyzzy"], "unknown flag --xyzzy; see headstart --help"),
    (["---listen=:1"], "unknown flag ---listen=:1; did you mean --listen?"),
    (["--listen"], "flag --listen needs a value"),
    (["--=5"], "unknown flag --=5; see headstart --help"),
  ])
  func `says what is wrong in one line`(_ arguments: [String], _ message: String) {
    #expect(throws: UsageError(message)) { try FlagParser<ServeFlag>(arguments) }
  }
}
