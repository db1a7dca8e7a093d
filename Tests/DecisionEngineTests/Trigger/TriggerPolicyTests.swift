internal import DecisionEngine
internal import Scaling
internal import TestKit
internal import Testing
internal import Time

/// KEDA's own triggers, with `type` changed and `scalerAddress` added.
struct TriggerPolicyTests {
  private static func source(
    _ name: String, _ address: String, in namespace: String? = nil
  ) -> DataSource {
    var source = DataSource(
      name: ResourceName(namespace: namespace, name: name), kind: .prometheus, address: address,
      headers: ["X-Scope-OrgID": "team-a"])
    source.parameters = ["dedup": "true"]
    return source
  }

  private static let sources = [
    source("default", "http://prometheus:9090"), source("thanos", "https://thanos/prefix"),
    source("own", "http://own:9090", in: "shop"), source("other", "http://other:9090", in: "team"),
  ]

  private func bind(
    _ metadata: [String: String], policy: String? = nil, named: String = "web",
    leadTime: String? = nil, sources: [DataSource] = sources,
    zones: UTCDatabase = UTCDatabase()
  ) throws(AnswerError) -> BoundPolicy {
    let known = Policy(
      name: ResourceName(name: "known"),
      signals: [Signal(name: "calendar", kind: .schedule(Schedule(defaultReplicas: 1)))])
    let binder = PolicyBinder(
      catalog: Catalog(
        policies: [known.name: Shared(known)],
        dataSources: Dictionary(uniqueKeysWithValues: sources.map { ($0.key, $0) })),
      defaults: PolicyDefaults(), zones: zones)
    return try binder.bind(
      ScaledObject(
        namespace: "shop", name: named, policy: policy, leadTime: leadTime,
        trigger: TriggerMetadata(metadata.map { (key: $0.key, value: $0.value) })))
  }

  private static let cron = [
    "timezone": "UTC", "start": "0 9 * * 1-5", "end": "0 18 * * 1-5", "desiredReplicas": "10",
  ]
  private static let query = ["query": "sum(rate(x[1m]))", "threshold": "100"]

  @Test func `A cron trigger is a schedule that does what KEDA's does`() throws {
    let policy = try bind(Self.cron).policy
    #expect(policy.name.namespace == "shop")
    #expect(policy.leadTime == Policy.Defaults.leadTime)
    let signal = try #require(policy.signals.first)
    #expect(policy.signals.count == 1 && signal.name == "cron")
    guard case .schedule(let schedule) = signal.kind, let rule = schedule.rules.first else {
      Issue.record("no schedule")
      return
    }
    #expect(schedule.timeZone == "UTC" && schedule.defaultReplicas == 0)
    #expect(rule.replicas == 10)
    #expect(rule.cron == (try CronWindow(start: "0 9 * * 1-5", end: "0 18 * * 1-5")))
  }

  @Test func `A prometheus trigger is a query of the data source at its address`() throws {
    let policy = try bind(
      Self.query.merging([
        "serverAddress": "HTTPS://Thanos/prefix/", "activationThreshold": "5.5",
        "namespace": "team-a", "ignoreNullValues": "true", "minReplicas": "2", "maxReplicas": "20",
        "hold": "5m", "customHeaders": "x-scope-orgid=team-a", "queryParameters": "dedup=true",
      ]) { $1 }
    ).policy
    var signal = PrometheusSignal(
      source: "thanos", query: "sum(rate(x[1m]))", threshold: 100, activationThreshold: 5.5,
      onEmpty: .zero)
    signal.options = RequestOptions(parameters: ["namespace": "team-a"])
    #expect(policy.signals == [Signal(name: "prometheus", kind: .prometheus(signal))])
    #expect(policy.limits == ReplicaLimits(minReplicas: 2, maxReplicas: 20))
    #expect(policy.hold == .upTo(.seconds(300)))
  }

  @Test func `What KEDA passes over by default is an error here unless it is written`() throws {
    let policy = try bind(Self.query).policy
    guard case .prometheus(let signal) = policy.signals.first?.kind else {
      Issue.record("no query")
      return
    }
    #expect(signal.onEmpty == .error)
    #expect(signal.source == "default")
  }

  @Test(arguments: [
    ("1", EmptyResult.zero), ("t", .zero), ("TRUE", .zero), ("True", .zero), ("0", .error),
    ("F", .error), ("False", .error),
  ])
  func `Yes and no are what KEDA takes for them`(word: String, result: EmptyResult) throws {
    let policy = try bind(Self.query.merging(["ignoreNullValues": word]) { $1 }).policy
    guard case .prometheus(let signal) = policy.signals.first?.kind else {
      Issue.record("no query")
      return
    }
    #expect(signal.onEmpty == result)
  }

  @Test func `Both kinds in one trigger are two signals`() throws {
    let both = try bind(Self.cron.merging(Self.query) { $1 }, leadTime: "10m")
    #expect(both.policy.signals.map(\.name) == ["cron", "prometheus"])
    #expect(both.policy.leadTime == .seconds(600))
  }

  @Test(arguments: [
    ("hold", "11m"), ("minReplicas", "2"), ("maxReplicas", "9"), ("forecast", "false"),
  ])
  func `What goes with a signal makes no policy of its own`(key: String, value: String) {
    let error = #expect(throws: AnswerError.self) { try bind([key: value]) }
    #expect(error?.description.contains("metadata \"\(key)\"") == true)
    #expect(error?.description.contains("there is no signal") == true)
  }

  @Test func `A query may be forecast, alone or beside its live value`() throws {
    let beside = try bind(
      Self.query.merging(["forecast": "true", "quantile": "0.95", "history": "14d"]) { $1 },
      leadTime: "30m"
    ).policy
    #expect(beside.signals.map(\.name) == ["prometheus", "forecast"])
    guard case .forecast(let signal) = beside.signals.last?.kind,
      case .builtIn(let forecast) = signal.origin
    else {
      Issue.record("no forecast")
      return
    }
    #expect(forecast.value.query == "sum(rate(x[1m]))" && forecast.value.threshold == 100)
    #expect(forecast.value.quantile == 0.95 && forecast.value.leadTime == .seconds(1800))
    #expect(forecast.value.history == .seconds(14 * 86_400))
    let alone = try bind(
      ["forecastQuery": "sum(rate(x[5m]))", "threshold": "10", "timezone": "UTC"]
    ).policy
    #expect(alone.signals.map(\.name) == ["forecast"])
  }

  @Test(arguments: [
    (["forecast": "yes"], "expected \"true\" or \"false\""),
    (["forecast": "true", "quantile": "0.3"], "expected a number from 0.5 to 0.99"),
    (["forecast": "true", "history": "90d"], "expected a duration from 1d to 56d"),
    (["quantile": "0.9"], "\"forecast\" of ScaledObject shop/web is missing beside \"quantile\""),
    (["forecast": "true", "timezone": "Mars"], "\"Mars\" is no IANA time zone"),
  ])
  func `A forecast that is none is refused with what would be accepted`(
    change: [String: String], sentence: String
  ) {
    expect(sentence) { () throws(AnswerError) in try bind(Self.query.merging(change) { $1 }) }
  }

  @Test func `Two triggers of one ScaledObject are two policies, and one order of keys is as good`()
    throws
  {
    let first = try bind(Self.cron)
    #expect(try bind(Self.cron.filter { _ in true }).key == first.key)
    #expect(try bind(Self.cron.merging(["end": "0 19 * * 1-5"]) { $1 }).key != first.key)
    #expect(try bind(Self.cron, named: "api").key != first.key)
    // Nothing of one text runs into the next.
    let one = try bind(Self.query.merging(["query": "ab", "source": "own"]) { $1 })
    let other = try bind(Self.query.merging(["query": "a", "source": "own"]) { $1 })
    #expect(one.key != other.key)
  }

  @Test func `A policy that is named comes first, and has its signals alone`() throws {
    #expect(try bind(Self.cron, named: "known").policy.name.name == "known")
    expect("\"query\" of ScaledObject shop/web does not go with \"policy\"") {
      () throws(AnswerError) in try bind(Self.query, policy: "known")
    }
    // The rest of what a trigger may say is not a signal.
    #expect(try bind(["threshold": "5"], policy: "known").policy.name.name == "known")
  }

  private func expect(
    _ sentence: String, _ kind: AnswerError.Kind = .invalidReference,
    _ body: () throws(AnswerError) -> BoundPolicy,
    at place: SourceLocation = #_sourceLocation
  ) {
    do throws(AnswerError) {
      _ = try body()
      Issue.record("no error", sourceLocation: place)
    } catch {
      #expect(error.kind == kind, sourceLocation: place)
      #expect(error.message.contains(sentence), "\(error.message)", sourceLocation: place)
    }
  }

  @Test(arguments: [
    (
      ["start": ""], "\"start\" of ScaledObject shop/web is missing beside \"end\": add it, such as"
    ),
    (["end": ""], "\"end\" of ScaledObject shop/web is missing"),
    (["timezone": ""], "\"timezone\" of ScaledObject shop/web is missing"),
    (["desiredReplicas": ""], "\"desiredReplicas\" of ScaledObject shop/web is missing"),
    (["desiredReplicas": "0"], "expected a whole number from 1 to 1000000, found \"0\""),
    (["desiredReplicas": "-1"], "found \"-1\""), (["desiredReplicas": "1.5"], "found \"1.5\""),
    (["desiredReplicas": "1000001"], "found \"1000001\""),
    (["timezone": "Mars/Olympus"], "\"Mars/Olympus\" is no IANA time zone such as Europe/Berlin"),
    (["start": "0 9 * *"], "has 4 fields, but a cron schedule has five"),
    (["start": "0 0 9 * * *"], "leave out the seconds: \"0 9 * * *\""),
    (["end": "0 25 * * *"], "the hour is \"25\""),
    (["end": "0 9 * * 1-5"], "start and end are both \"0 9 * * 1-5\""),
    (["start": "CRON_TZ=UTC 0 9 * * *"], "use metadata \"timezone\""),
  ])
  func `A cron trigger that is none is refused with what would be accepted`(
    change: [String: String], sentence: String
  ) {
    expect(sentence) { () throws(AnswerError) in try bind(Self.cron.merging(change) { $1 }) }
  }

  @Test(arguments: [
    (["query": ""], "\"query\" of ScaledObject shop/web is missing beside \"threshold\""),
    (["threshold": ""], "\"threshold\" of ScaledObject shop/web is missing"),
    (["threshold": "0"], "expected a number above 0 such as 100, found \"0\""),
    (["threshold": "-3"], "found \"-3\""), (["threshold": "inf"], "found \"inf\""),
    (["threshold": "0x1f"], "found \"0x1f\""), (["threshold": "1e999"], "found \"1e999\""),
    (["activationThreshold": "-1"], "expected a number of at least 0"),
    (["ignoreNullValues": "yes"], "expected \"true\" (no result is 0) or \"false\""),
    (
      ["source": "nope"],
      "there is no data source \"nope\" of type prometheus (there is default, own, thanos)"
    ),
    // Of another namespace.
    (["source": "other"], "there is no data source \"other\""),
    (["serverAddress": "http://other:9090"], "no data source has the address http://other:9090"),
    (["serverAddress": "http://169.254.169.254"], "write metadata \"source\" (there is default,"),
    (["source": "own", "serverAddress": "http://prometheus:9090"], "leave one of them out"),
    (["customHeaders": "X-Scope-OrgID=team-b"], "does not send X-Scope-OrgID so"),
    (["queryParameters": "dedup=false"], "does not send dedup so"),
    (["minReplicas": "5", "maxReplicas": "4"], "4 is below minReplicas, which is 5"),
    (["hold": "soon"], "expected forever or a duration such as 5m"),
  ])
  func `A prometheus trigger that is none is refused with what would be accepted`(
    change: [String: String], sentence: String
  ) {
    expect(sentence) { () throws(AnswerError) in try bind(Self.query.merging(change) { $1 }) }
  }

  @Test(arguments: [
    cron.merging(["timezone": "Europe/Berlin"]) { $1 },
    ["query": "x", "threshold": "1", "forecast": "true", "timezone": "Europe/Berlin"],
  ])
  func `A zone is not to blame where no zone can be looked up`(metadata: [String: String]) throws {
    let zones = UTCDatabase(isMissing: true)
    expect("\"timezone\" of ScaledObject shop/web: the time zone \"Europe/Berlin\"", .noZones) {
      () throws(AnswerError) in try bind(metadata, zones: zones)
    }
    expect("install tzdata", .noZones) { () throws(AnswerError) in
      try bind(metadata, zones: zones)
    }
    // What needs no zone is as it is, and what is wrong besides.
    _ = try bind(Self.cron, zones: zones)
    expect("\"start\" of ScaledObject shop/web is missing") { () throws(AnswerError) in
      try bind(Self.cron.merging(["start": ""]) { $1 }, zones: zones)
    }
  }

  @Test func `Without a data source there is none to be named`() {
    expect("start Headstart with --prometheus-url") { () throws(AnswerError) in
      try bind(Self.query, sources: [])
    }
  }

  @Test(arguments: [
    ("policyName", "policy"), ("Policy", "policy"), ("workloadName", "workload"),
    ("sourceName", "source"), ("leadtime", "leadTime"), ("lead_time", "leadTime"),
    ("MetricName", "metricName"), ("timeZone", "timezone"), ("Query", "query"),
    ("maxReplicaCount", "maxReplicas"), ("desired_replicas", "desiredReplicas"),
  ])
  func `A key by which another one was meant is an error with the right name`(
    key: String, right: String
  ) {
    expect("metadata \"\(key)\" of ScaledObject shop/web is unknown: write \"\(right)\"") {
      () throws(AnswerError) in try bind([key: "x"])
    }
  }
}
