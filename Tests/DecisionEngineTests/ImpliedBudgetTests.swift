internal import Scaling
internal import TestKit
internal import Testing
internal import Time

@testable internal import DecisionEngine

struct ImpliedBudgetTests {
  private static func object(
    policy: String? = nil, workload: String? = nil, leadTime: String? = nil,
    metricName: String? = nil
  ) -> ScaledObject {
    ScaledObject(
      namespace: "shop", name: "api", policy: policy, workload: workload, leadTime: leadTime,
      metricName: metricName)
  }

  @Test(arguments: [
    object(), object(workload: "api"), object(policy: "api"), object(leadTime: "10m"),
    object(workload: "api", leadTime: "1h30m"),
  ])
  func `what repeats a manifest counts nothing`(object: ScaledObject) {
    let name = ResourceName(namespace: "shop", name: "api")
    #expect(ImpliedBudget.cost(of: object, boundTo: PolicyKey(name: name)) == 0)
  }

  @Test(arguments: [
    object(workload: "web"), object(policy: "web"), object(leadTime: "000010m"),
    object(metricName: "m"),
  ])
  func `what a client may write in any number of ways counts`(object: ScaledObject) {
    let name = ResourceName(namespace: "shop", name: "api")
    #expect(ImpliedBudget.cost(of: object, boundTo: PolicyKey(name: name)) > 0)
  }

  @Test func `what is bound to a policy of another name, or of another lead time, counts`() {
    let other = ResourceName(namespace: "shop", name: "web")
    let own = ResourceName(namespace: "shop", name: "api")
    #expect(ImpliedBudget.cost(of: Self.object(), boundTo: PolicyKey(name: other)) > 0)
    #expect(
      ImpliedBudget.cost(
        of: Self.object(leadTime: "5m"),
        boundTo: PolicyKey(name: own, leadTime: .seconds(300))) > 0)
  }

  @Test func `a schedule that changes each minute counts with its changes`() throws {
    let schedule = Schedule(
      timeZone: "UTC",
      rules: [
        ScheduleRule(
          name: "cron", replicas: 3,
          cron: try CronWindow(start: "*/2 * * * *", end: "1-59/2 * * * *"))
      ])
    let start = Instant(milliseconds: 1_800_000_000_000)
    let timeline = try schedule.timeline(
      from: start, to: start.advanced(by: .seconds(24 * 3600)), zones: UTCDatabase())
    let key = PolicyKey(name: ResourceName(name: "web"), leadTime: .seconds(86_400))
    let calm = ImpliedBudget.cost(of: key, readings: [])
    let busy = ImpliedBudget.cost(of: key, readings: [.schedule(timeline)])
    #expect(busy - calm > 1440 * 40)
  }

  @Test func `a forecast that a trigger has made here counts with what is learnt for it`() {
    let name = ResourceName(namespace: "shop", name: "api@0123456789ab")
    func cost(step: Int64, lead: Int64, isImplied: Bool = true) -> Int {
      let forecast = BuiltInForecast(
        source: "default", query: "q", threshold: 1, step: .seconds(step), leadTime: .seconds(lead))
      let feed = Feed.builtIn(source: ResourceName(name: "default"), Shared(forecast))
      let key = PolicyKey(
        name: name, isImplied: isImplied, leadTime: isImplied ? nil : .seconds(lead))
      return ImpliedBudget.cost(of: key, readings: [], feeds: [feed])
    }
    #expect(cost(step: 300, lead: 600) > 30_000)
    #expect(cost(step: 60, lead: 600) > cost(step: 300, lead: 600))
    #expect(cost(step: 300, lead: 3600) > cost(step: 300, lead: 600))
    // What a trigger adjusts is learnt once, for the manifest.
    #expect(cost(step: 300, lead: 600, isImplied: false) == ImpliedBudget.policyCost)
  }
}
