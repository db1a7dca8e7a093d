internal import Configuration
internal import EventLoop
internal import Testing

/// The flags of direct scaling and of wake-ups.
struct DirectConfigurationTests {
  private func parse(
    _ arguments: [String], _ environment: [String: String] = [:]
  ) throws -> ServeConfiguration {
    try ServeConfiguration(
      flags: FlagParser(arguments, switches: ServeFlag.switches), environment: environment)
  }

  @Test func `Direct scaling is off unless it is asked for`() throws {
    #expect(try parse([]).cluster.direct == nil)
    #expect(try parse([]).cluster.isNeeded == false)
    #expect(try parse(["--direct=false", "--cooldown=5s"]).cluster.direct == nil)
    let direct = try #require(try parse(["--direct"]).cluster.direct)
    #expect(direct.checkInterval == .seconds(60))
    #expect(direct.cooldown == .seconds(60))
    #expect(!direct.isDryRun)
    #expect(try parse(["--direct"]).cluster.isNeeded)
  }

  @Test func `Flags and variables set it`() throws {
    let direct = try #require(
      try parse(
        ["--direct", "--check-interval=1s", "--dry-run"], ["COOLDOWN": "0s"]
      ).cluster.direct)
    #expect(direct.checkInterval == .seconds(1))
    #expect(direct.cooldown == .zero)
    #expect(direct.isDryRun)
  }

  @Test(arguments: [
    ["--dry-run"], ["--check-interval=5s"], ["--cooldown=5s"],
    ["--direct", "--check-interval=999ms"], ["--direct", "--cooldown=-1s"], ["--direct=perhaps"],
    ["--peers=headstart"], ["--peers=:8082"], ["--peers=headstart:0"], ["--peers=a/b:1"],
    ["--peers=a:1,"], ["--peers=\((0...100).map { "a:\($0 + 1)" }.joined(separator: ","))"],
    ["--peers-ca-file=ca.pem"], ["--wake-up-limit=0"], ["--wake-up-limit=60001"],
  ])
  func `What cannot be meant is refused, and the flag named`(arguments: [String]) throws {
    let flag = try #require(arguments.last?.split(separator: "=").first)
    let error = #expect(throws: UsageError.self) { try parse(arguments) }
    #expect(error?.description.contains(flag) == true)
  }

  @Test func `Peers are names with ports`() throws {
    let configuration = try parse([
      "--peers=headstart-headless.keda.svc:8082,[::1]:9", "--peers-ca-file=ca.pem",
      "--wake-up-limit=60000",
    ])
    #expect(
      configuration.wakeUp.peers == [
        ListenAddress(host: "headstart-headless.keda.svc", port: 8082),
        ListenAddress(host: "::1", port: 9),
      ])
    #expect(configuration.wakeUp.peersAuthorities == "ca.pem")
    #expect(configuration.wakeUp.perMinute == 60_000)
    #expect(try parse([]).wakeUp.perMinute == 60)
  }
}
