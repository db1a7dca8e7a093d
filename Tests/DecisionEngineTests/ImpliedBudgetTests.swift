internal import Scaling
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
}
