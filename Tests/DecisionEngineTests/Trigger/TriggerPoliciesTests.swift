internal import Scaling
internal import Testing

@testable internal import DecisionEngine

struct TriggerPoliciesTests {
  private static let web = ResourceName(namespace: "shop", name: "web")

  private static func key(_ number: Int, of name: String = "web") -> PolicyKey {
    PolicyKey(name: ResourceName(namespace: "shop", name: "\(name)@\(number)"), isImplied: true)
  }

  @Test func `are found by their ScaledObject, until they are removed`() {
    var policies = TriggerPolicies()
    policies.add(Self.key(1))
    policies.add(Self.key(2))
    policies.add(Self.key(1, of: "api"))
    #expect(policies.of(Self.web) == [Self.key(1), Self.key(2)])
    policies.remove(Self.key(1))
    #expect(policies.of(Self.web) == [Self.key(2)])
    policies.remove(Self.key(2))
    #expect(policies.of(Self.web).isEmpty)
  }

  @Test func `only a few of each ScaledObject are kept`() {
    var policies = TriggerPolicies()
    for number in 0..<17 { policies.add(Self.key(number)) }
    #expect(policies.of(Self.web) == (0..<16).map { Self.key($0) })
  }

  @Test(arguments: [
    PolicyKey(name: web), PolicyKey(name: web, isImplied: true),
    PolicyKey(name: web, leadTime: .seconds(60)),
  ])
  func `a policy that no trigger defines is none of them`(_ key: PolicyKey) {
    var policies = TriggerPolicies()
    policies.add(key)
    #expect(policies.of(Self.web).isEmpty)
    #expect(PolicyKey.scaledObject(text: key.text) == nil)
  }

  @Test func `the text of a key tells the ScaledObject, too`() {
    #expect(PolicyKey.scaledObject(text: Self.key(1).text) == Self.web)
    #expect(PolicyKey.scaledObject(text: "shop/web@1") == nil)
  }
}
