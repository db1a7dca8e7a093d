internal import Scaling
internal import Testing

@testable internal import Serving

/// What is said of a policy that there is not.
struct UnknownPolicyTests {
  private static let all = [
    ResourceName(namespace: "team", name: "shop"), ResourceName(name: "everywhere"),
    ResourceName(namespace: "default", name: "checkout"),
    ResourceName(namespace: "team", name: "cart@81f2"),
    // One for each lead time.
    ResourceName(namespace: "team", name: "shop"),
  ]

  @Test(arguments: [
    ("default", "shop", "did you mean team/shop?"),
    ("default", "chekout", "did you mean default/checkout?"),
    ("default", "everywere", "did you mean everywhere?"),
    ("default", "shopp", "did you mean team/shop?"),
    ("team", "cart", "did you mean team/cart@81f2?"),
    ("default", "warehouse", "/api/v1/policies lists all that are"),
  ])
  func `Those that may be meant are named`(namespace: String, name: String, hint: String) {
    let found = ResourceName(namespace: namespace, name: name).unknownPolicy(among: Self.all)
    #expect(found == "there is no policy \(name) in namespace \(namespace); \(hint)")
  }

  @Test func `Spelling is looked at only where there is time for it`() {
    let typo = ResourceName(name: "shopp").unknownPolicy(among: Self.all, spelling: false)
    #expect(
      typo == "there is no policy shopp without a namespace; /api/v1/policies lists all that are")
    let namesake = ResourceName(name: "shop").unknownPolicy(among: Self.all, spelling: false)
    #expect(namesake == "there is no policy shop without a namespace; did you mean team/shop?")
  }

  @Test func `At most three are named`() {
    let all = (1...5).map { ResourceName(namespace: "team-\($0)", name: "shop") }
    let found = ResourceName(namespace: "default", name: "shop").unknownPolicy(among: all)
    #expect(found.hasSuffix("did you mean team-1/shop or team-2/shop or team-3/shop?"))
  }
}
