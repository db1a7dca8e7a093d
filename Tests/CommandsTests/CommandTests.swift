internal import TestKit
internal import Testing

@testable internal import Commands

/// Which command the arguments ask for, and what its exit code says.
struct CommandTests {
  @Test(arguments: [
    ["frobnicate"], ["check"], ["check", "--frobnicate"], ["serve", "operand"],
    ["--listen=nowhere"],
    ["plan"], ["explain"],
  ])
  func `a command line that makes no sense is exit code 2`(arguments: [String]) {
    #expect(Command.run(arguments) == 2)
  }

  @Test func `check says with its exit code whether there are errors`() throws {
    let folder = try TemporaryFolder()
    let good = try folder.write(
      "good.yaml",
      """
      apiVersion: headstart.dev/v1alpha1
      kind: DataSource
      metadata: {name: p}
      spec: {type: prometheus, address: "http://prometheus:9090"}
      """)
    let bad = try folder.write("bad.yaml", "kind: ScalingPolicy\n")
    #expect(Command.run(["check", good]) == 0)
    #expect(Command.run(["check", good, bad]) == 1)
    #expect(Command.run(["plan", bad]) == 1)
  }

  @Test func `a server that cannot be reached is exit code 3`() throws {
    let port = try ScriptedServer.closedPort()
    #expect(Command.run(["explain", "a", "--server=http://127.0.0.1:\(port)"]) == 3)
  }

  @Test func `the command line is main's own`() throws {
    let arguments = try StartArguments.read()
    #expect(arguments == Array(CommandLine.arguments.dropFirst()))
  }
}
