internal import DecisionEngine
internal import Scaling
internal import TestKit
internal import Testing

@Suite struct PolicyBinderTests {
  private static func policy(_ name: String, in namespace: String? = nil) -> Policy {
    Policy(
      name: ResourceName(namespace: namespace, name: name),
      signals: [Signal(name: "calendar", kind: .schedule(Schedule(defaultReplicas: 1)))])
  }

  private static let forecaster = DataSource(
    name: ResourceName(name: "default"), kind: .forecaster, address: "http://forecaster")

  private static func binder(
    _ policies: [Policy], hasForecaster: Bool = false
  ) -> PolicyBinder {
    let catalog = Catalog(
      policies: Dictionary(uniqueKeysWithValues: policies.map { ($0.name, Shared($0)) }),
      dataSources: hasForecaster
        ? [DataSourceKey(kind: .forecaster, name: forecaster.name): forecaster] : [:])
    return PolicyBinder(
      catalog: catalog, defaults: PolicyDefaults(leadTime: .seconds(600)), zones: UTCDatabase())
  }

  private func kind(_ body: () throws(AnswerError) -> BoundPolicy) -> AnswerError.Kind? {
    do throws(AnswerError) {
      _ = try body()
      return nil
    } catch {
      return error.kind
    }
  }

  @Test func `the first match wins: policy, then workload, then the ScaledObject's name`() throws {
    let binder = Self.binder(
      [Self.policy("a"), Self.policy("b"), Self.policy("c")], hasForecaster: true)
    var object = ScaledObject(namespace: "default", name: "c", policy: "a", workload: "b")
    #expect(try binder.bind(object).policy.name.name == "a")
    object.policy = nil
    #expect(try binder.bind(object).policy.name.name == "b")
    object.workload = "unknown"
    #expect(try binder.bind(object).policy.name.name == "c")
    object.name = "unknown-too"
    let implied = try binder.bind(object)
    #expect(implied.key.isImplied)
    #expect(implied.policy.leadTime == .seconds(600))
    #expect(
      implied.policy.signals.map(\.kind) == [
        .forecast(ForecastSignal(source: "default", workload: "unknown"))
      ])
  }

  @Test func `a policy that is observed only answers nobody`() throws {
    var observed = Self.policy("a")
    observed.observe = true
    let binder = Self.binder([observed], hasForecaster: true)
    #expect(try binder.bind(ScaledObject(namespace: "default", name: "a")).key.isImplied)
    #expect(
      try binder.bind(ScaledObject(namespace: "default", name: "b", workload: "a")).key.isImplied)
    let named = ScaledObject(namespace: "default", name: "b", policy: "a")
    #expect(kind { () throws(AnswerError) in try binder.bind(named) } == .observedOnly)
  }

  @Test func `a policy of the namespace comes before one without, and others' are not seen`()
    throws
  {
    let binder = Self.binder([
      Self.policy("a"), Self.policy("a", in: "team"), Self.policy("b", in: "other"),
    ])
    let object = ScaledObject(namespace: "team", name: "a")
    #expect(try binder.bind(object).policy.name.namespace == "team")
    #expect(
      try binder.bind(ScaledObject(namespace: "x", name: "a")).policy.name.namespace == nil)
    #expect(
      kind { () throws(AnswerError) in
        try binder.bind(ScaledObject(namespace: "team", name: "b"))
      } == .noPolicy)
  }

  @Test func `without workload the implied policy forecasts the ScaledObject's name`() throws {
    let binder = Self.binder([], hasForecaster: true)
    let implied = try binder.bind(ScaledObject(namespace: "default", name: "my-api"))
    #expect(
      implied.policy.signals.map(\.kind) == [
        .forecast(ForecastSignal(source: "default", workload: "my-api"))
      ])
  }

  @Test func `metadata leadTime adjusts whichever matched`() throws {
    let binder = Self.binder([Self.policy("a")])
    let bound = try binder.bind(ScaledObject(namespace: "d", name: "a", leadTime: "10m"))
    #expect(bound.policy.leadTime == .seconds(600))
    #expect(bound.policy.name.name == "a@10m")
    let same = try binder.bind(ScaledObject(namespace: "d", name: "a", leadTime: "5m"))
    #expect(same.key == (try binder.bind(ScaledObject(namespace: "d", name: "a")).key))
  }

  @Test(
    arguments: [
      (ScaledObject(namespace: "d", name: "a", policy: "nope"), AnswerError.Kind.noPolicy),
      (ScaledObject(namespace: "d", name: "nope"), .noPolicy),
      (ScaledObject(namespace: "d", name: ""), .invalidReference),
      (ScaledObject(namespace: "d", name: "a", leadTime: "soon"), .invalidReference),
      (ScaledObject(namespace: "d", name: "a", leadTime: "-1s"), .invalidReference),
      (ScaledObject(namespace: "d", name: "a", leadTime: "8d"), .invalidReference),
      (ScaledObject(namespace: "d", name: "a", metricName: "a/b"), .invalidReference),
      (ScaledObject(namespace: "d", name: "a", metricName: "50%"), .invalidReference),
      (ScaledObject(namespace: "d", name: "a", metricName: "mötric"), .invalidReference),
      (ScaledObject(namespace: "d", name: "a", leadTime: "7d", metricName: "rps_1.x-y"), nil),
      (ScaledObject(namespace: "d", name: "a", policy: "", leadTime: "0s", metricName: ""), nil),
    ] as [(ScaledObject, AnswerError.Kind?)])
  func `an invalid or unknown reference is an error of its kind`(
    _ object: ScaledObject, _ expected: AnswerError.Kind?
  ) {
    let binder = Self.binder([Self.policy("a")])
    #expect(kind { () throws(AnswerError) in try binder.bind(object) } == expected)
  }
}
