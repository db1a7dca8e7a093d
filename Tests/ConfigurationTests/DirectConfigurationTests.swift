internal import Configuration
internal import EventLoop
internal import Manifests
internal import Scaling
internal import Testing

/// The flags of direct scaling and of wake-ups.
struct DirectConfigurationTests {
  private func parse(
    _ arguments: [String], _ environment: [String: String] = [:]
  ) throws -> ServeConfiguration {
    try ServeConfiguration(
      flags: FlagParser(arguments), environment: environment)
  }

  @Test func `Direct scaling is off unless it is asked for`() throws {
    #expect(try parse([]).cluster.direct == nil)
    #expect(try parse([]).cluster.isNeeded == false)
    #expect(try parse(["--direct=false", "--cooldown=5s"]).cluster.direct == nil)
    let direct = try #require(try parse(["--direct"]).cluster.direct)
    #expect(direct.checkInterval == .seconds(60))
    #expect(direct.cooldown == .seconds(60))
    #expect(!direct.isDryRun)
    #expect(direct.pausesScaledObjects)
    #expect(try parse(["--direct"]).cluster.isNeeded)
  }

  @Test func `Flags and variables set it`() throws {
    let direct = try #require(
      try parse(
        ["--direct", "--check-interval=1s", "--dry-run", "--pause-scaled-objects=false"],
        ["COOLDOWN": "0s"]
      ).cluster.direct)
    #expect(direct.checkInterval == .seconds(1))
    #expect(direct.cooldown == .zero)
    #expect(direct.isDryRun)
    #expect(!direct.pausesScaledObjects)
    #expect(direct.foreignTargets == .only([]))
  }

  @Test func `Custom resources that may scale in other namespaces are listed`() throws {
    let direct = try parse(["--direct", "--direct-cross-namespace=shop/night,orders/*"]).cluster
      .direct
    #expect(
      direct?.foreignTargets
        == .only([
          ResourceName(namespace: "shop", name: "night"),
          ResourceName(namespace: "orders", name: ForeignTargets.every),
        ]))
  }

  private static let resolver = ElastiResolver(
    namespace: "elasti", service: "elasti-resolver-service", port: 8012)

  @Test func `KubeElasti's resolver is named by the flag or by the operator's variables`() throws {
    #expect(try parse(["--direct", "--watch"]).cluster.direct?.resolver == nil)
    let flag = "--elasti-resolver=elasti/elasti-resolver-service:8012"
    #expect(try parse(["--direct", "--watch", flag]).cluster.direct?.resolver == Self.resolver)
    let variables = [
      "ELASTI_RESOLVER_NAMESPACE": "elasti",
      "ELASTI_RESOLVER_SERVICE_NAME": "elasti-resolver-service",
      "ELASTI_RESOLVER_PROXY_PORT": "8012", "ELASTI_RESOLVER_PORT": "8013",
    ]
    let named = try parse(["--direct", "--watch"], variables)
    #expect(named.cluster.direct?.resolver == Self.resolver)
    let other = try parse(["--direct", "--watch", "--elasti-resolver=a/b:1"], variables)
    #expect(other.cluster.direct?.resolver == ElastiResolver(namespace: "a", service: "b", port: 1))
  }

  @Test func `A variable of the resolver that is missing is named`() throws {
    let error = #expect(throws: UsageError.self) {
      try parse(
        ["--direct", "--watch"],
        ["ELASTI_RESOLVER_NAMESPACE": "elasti", "ELASTI_RESOLVER_PROXY_PORT": "8012"])
    }
    let shown = try #require(error).description
    #expect(
      shown.contains(
        "ELASTI_RESOLVER_NAMESPACE is given, but not ELASTI_RESOLVER_SERVICE_NAME"))
  }

  @Test(arguments: [
    ["--direct", "--direct-cross-namespace=shop"], ["--direct", "--direct-cross-namespace=a/b/c"],
    ["--direct", "--direct-cross-namespace=*/b"], ["--direct", "--direct-cross-namespace=a/b,"],
    ["--direct-cross-namespace=a/b"],
    ["--elasti-resolver=a/b:1"], ["--direct", "--elasti-resolver=a/b:1"],
    ["--direct", "--watch", "--elasti-resolver=b:1"],
    ["--direct", "--watch", "--elasti-resolver=a/b"],
    ["--direct", "--watch", "--elasti-resolver=a/b:0"],
    ["--direct", "--watch", "--elasti-resolver=A/b:1"],
    ["--direct", "--watch", "--elasti-resolver=a/b/c:1"],
    ["--dry-run"], ["--check-interval=5s"], ["--cooldown=5s"], ["--pause-scaled-objects=false"],
    ["--direct", "--check-interval=999ms"], ["--direct", "--cooldown=-1s"], ["--direct=perhaps"],
    ["--peers=headstart"], ["--peers=:8082"], ["--peers=headstart:0"], ["--peers=a/b:1"],
    ["--peers=a:1,"], ["--peers=\((0...100).map { "a:\($0 + 1)" }.joined(separator: ","))"],
    ["--peers-ca-file=ca.pem"], ["--wake-up-limit=0"], ["--wake-up-limit=60001"],
  ])
  func `What is invalid is refused, and the flag named`(arguments: [String]) throws {
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
