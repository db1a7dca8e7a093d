internal import Configuration
internal import Testing

@Suite struct ClusterConfigurationTests {
  private func parse(
    _ arguments: [String], _ environment: [String: String] = [:]
  ) throws -> ClusterConfiguration {
    try ServeConfiguration(
      flags: FlagParser(arguments), environment: environment
    ).cluster
  }

  @Test func `without flags nothing is watched`() throws {
    let cluster = try parse([])
    #expect(cluster == ClusterConfiguration())
    #expect(!cluster.watches)
    #expect(cluster.leaseName == "headstart")
    #expect(cluster.silence == .seconds(120))
  }

  @Test func `reads flags and environment`() throws {
    let cluster = try parse(
      [
        "--watch", "--watch-namespaces=shop,bank,shop", "--watch-silence=1s", "--kubeconfig=f",
        "--lease-name=a.b", "--watch-selector=shard in (a,all)",
      ], ["LEASE_NAMESPACE": "ops", "KUBECONFIG": "/a:/b"])
    #expect(cluster.watches)
    #expect(cluster.namespaces == ["shop", "bank"])
    #expect(cluster.silence == .seconds(1))
    #expect(cluster.selector == "shard in (a,all)")
    #expect(cluster.kubeconfig == "f")
    #expect(cluster.leaseName == "a.b")
    #expect(cluster.leaseNamespace == "ops")
  }

  @Test func `the variable of the kubeconfig is left to those who look for the cluster`() throws {
    #expect(try parse(["--watch"], ["KUBECONFIG": "/a:/b"]).kubeconfig == nil)
  }

  @Test func `a dash stands for no Lease`() throws {
    #expect(try parse(["--lease-name=-"]).leaseName == nil)
  }

  @Test func `as many namespaces as allowed, and no more`() throws {
    let names = (0..<ClusterConfiguration.maximumNamespaces).map { "n\($0)" }
    let list = names.joined(separator: ",")
    #expect(try parse(["--watch", "--watch-namespaces=\(list)"]).namespaces == names)
    #expect(throws: UsageError.self) {
      try parse(["--watch", "--watch-namespaces=\(list),more"])
    }
  }

  @Test(arguments: [
    (["--watch-namespaces=shop"], "not --watch"), (["--watch-selector=a"], "not --watch"),
    (["--watch", "--watch-namespaces=a,,b"], "\"\""),
    (["--watch", "--watch-namespaces="], "\"\""), (["--watch", "--watch-namespaces=a.b"], "a.b"),
    (["--watch", "--watch-namespaces=Shop"], "lowercase"),
    (["--watch-silence=999ms"], "between 1s"), (["--lease-name=-a"], "flag --lease-name"),
    (["--lease-name=A"], "flag --lease-name"), (["--lease-namespace=a.b"], "--lease-namespace"),
    (["--lease-namespace=" + String(repeating: "a", count: 64)], "--lease-namespace"),
    (["--lease-name=" + String(repeating: "a", count: 254)], "--lease-name"),
  ])
  func `wrong values are named`(arguments: [String], words: String) throws {
    let error = try #require(throws: UsageError.self) { try parse(arguments) }
    #expect(error.description.contains(words), "\(error)")
  }

  @Test(arguments: [
    "shard", "!shard", "shard=a", "shard==a", "shard = a", "shard!=a", "shard=", "a.b/shard=a_b.c",
    "shard in (a)", "shard in (a, b)", "shard notin (a,b),!old , team=x", "shard in (a,)",
    "9=9", "A=B",
  ])
  func `label selectors are taken as kubectl takes them`(_ text: String) throws {
    #expect(try parse(["--watch", "--watch-selector=\(text)"]).selector == text)
  }

  @Test(arguments: [
    ",", "a,", ",a", "=a", "!=a", "a=b=c", "a in", "a in (", "a in )", "a in b", "in (a)",
    "a on (b)", "a in (b", "a in b)", "a in ((b))", "-a", "a-", "a=-b", "a b", "a/b/c", "/a", "a/",
    "ä", "a=ü", "a>1", "!", "!a=b", String(repeating: "a", count: 64),
  ])
  func `what is no label selector ends the start`(_ text: String) {
    #expect(throws: UsageError.self) { try parse(["--watch", "--watch-selector=\(text)"]) }
  }
}
