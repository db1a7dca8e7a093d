internal import Scaling
internal import Testing
internal import Time

@testable internal import DecisionEngine

struct PolicyMemoriesTests {
  private static let now = Instant(milliseconds: 1_795_000_000_000)

  private static func key(_ number: Int) -> PolicyKey {
    PolicyKey(name: ResourceName(namespace: "shop", name: "w\(number)"), isImplied: true)
  }

  private static func leave(_ memories: inout PolicyMemories, _ key: PolicyKey) {
    memories.leave(PolicyMemory(floor: 3), of: key, at: now)
  }

  @Test func `of implied policies those that left last are remembered, and of manifests' all`() {
    var memories = PolicyMemories()
    let manifest = PolicyKey(name: ResourceName(namespace: "shop", name: "web"))
    Self.leave(&memories, manifest)
    for number in 0..<PolicyMemories.maxImplied { Self.leave(&memories, Self.key(number)) }
    #expect(memories.all.count == PolicyMemories.maxImplied + 1)
    _ = memories.takeChanges(at: Self.now) { _ in nil }

    let last = Self.key(PolicyMemories.maxImplied)
    Self.leave(&memories, last)
    #expect(memories.all.count == PolicyMemories.maxImplied + 1)
    #expect(memories[Self.key(0).text] == nil)
    for key in [manifest, Self.key(1), last] { #expect(memories[key.text] != nil) }
    let changes = memories.takeChanges(at: Self.now) { _ in nil }.policies
    #expect(changes.keys.sorted() == [Self.key(0).text, last.text].sorted())
    #expect(changes[Self.key(0).text] == .some(nil))
  }

  @Test func `an implied policy that came back and left again is as young as its last departure`() {
    var memories = PolicyMemories()
    Self.leave(&memories, Self.key(0))
    #expect(memories.take(Self.key(0)) != nil)
    Self.leave(&memories, Self.key(0))
    for number in 1..<PolicyMemories.maxImplied { Self.leave(&memories, Self.key(number)) }
    #expect(memories[Self.key(0).text] != nil)
    Self.leave(&memories, Self.key(PolicyMemories.maxImplied))
    #expect(memories[Self.key(0).text] == nil)
    #expect(memories[Self.key(1).text] != nil)
  }

  @Test func `what is kept of an implied policy in force stays, however many leave`() {
    var memories = PolicyMemories()
    Self.leave(&memories, Self.key(0))
    #expect(memories.take(Self.key(0)) != nil)
    _ = memories.takeChanges(at: Self.now) { _ in nil }
    for number in 1...PolicyMemories.maxImplied { Self.leave(&memories, Self.key(number)) }
    let changes = memories.takeChanges(at: Self.now) { _ in nil }.policies
    #expect(changes.count == PolicyMemories.maxImplied)
    #expect(changes[Self.key(0).text] == nil)
  }
}
