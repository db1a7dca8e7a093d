internal import HTTP2Server
internal import ScalerMessages
internal import Testing

@testable internal import DecisionEngine
@testable internal import ScalerRPCs

@Suite struct BindingTableTests {
  private var table = BindingTable()
  private var frames = AnswerFrames()
  /// A clock that goes on when a test says so.
  private var now = Duration.seconds(100)

  private static let refusal = AnswerError(.noPolicy, "no policy")

  private func object(_ number: Int) -> ScaledObject {
    ScaledObject(namespace: "default", name: "web-\(number)")
  }

  private func find(_ object: ScaledObject) -> Binding? {
    var key = ReferenceKey()
    key.fill(object)
    return table.binding(for: key)
  }

  @discardableResult
  private mutating func insert(
    _ object: ScaledObject, _ answer: Answer = Answer(refusal)
  ) throws -> Binding {
    var key = ReferenceKey()
    key.fill(object)
    let binding = try table.insert(object, for: key, at: now, frames: frames)
    table.answer(binding, answer, frames: &frames)
    return binding
  }

  private static let answered = Answer(metrics: .replicas(3), activity: .active)

  private func unused(_ isWatched: (Binding) -> Bool = { _ in false }) -> [String] {
    table.unused(at: now, isWatched: isWatched).map(\.object.name).sorted()
  }

  @Test mutating func `finds a binding by its reference`() throws {
    let binding = try insert(object(1))
    try insert(object(2))
    #expect(find(object(1)) === binding)
    #expect(find(object(3)) == nil)
    var other = object(1)
    other.policy = ""
    #expect(find(other) == nil)
  }

  @Test mutating func `forgets what nothing has asked about for a quarter of an hour`() throws {
    try insert(object(1), Self.answered)
    now += .seconds(10)
    try insert(object(2), Self.answered)
    now += .seconds(890)
    #expect(unused() == [])
    now += .nanoseconds(1)
    #expect(unused() == ["web-1"])
    find(object(1))?.lastUsed = now
    now += .seconds(60)
    #expect(unused() == ["web-2"])
  }

  @Test mutating func `forgets made-up names without a number after a minute`() throws {
    let unknown = Answer(AnswerError(.noDecision, "no signal has a value"))
    try insert(object(1), unknown).isImplied = true
    try insert(object(2), unknown)
    try insert(object(3), Self.answered).isImplied = true
    now += .seconds(60)
    #expect(unused() == [])
    now += .nanoseconds(1)
    #expect(unused() == ["web-1"])
  }

  @Test mutating func `the oldest are those without a number, then those asked longest ago`() throws
  {
    let unknown = Answer(AnswerError(.noDecision, "no signal has a value"))
    try insert(object(0), Self.answered)
    for number in 1...15 {
      now += .seconds(1)
      try insert(object(number), number == 12 ? unknown : Self.answered).isImplied = true
    }
    func oldest() -> [String] {
      table.oldest { $0.object.name == "web-3" }.map(\.object.name)
    }
    #expect(oldest() == ["web-12", "web-1"])
    find(object(1))?.lastUsed = now
    #expect(oldest() == ["web-12", "web-2"])
    find(object(2))?.waiting.append((.init(connection: 1, stream: 1), .isActive, ""))
    #expect(oldest() == ["web-12", "web-4"])
    table.remove(table.oldest { _ in false })
    #expect(find(object(12)) == nil)
    #expect(find(object(0)) != nil)
  }

  @Test mutating func `only so much may wait for a first answer`() throws {
    let name = String(repeating: "n", count: 2000)
    func insert(_ number: Int) throws -> Binding {
      let object = ScaledObject(namespace: "\(number)", name: name)
      var key = ReferenceKey()
      key.fill(object)
      return try table.insert(object, for: key, at: now, frames: frames)
    }
    let first = try insert(0)
    var count = 1
    while table.unanswered < BindingTable.maxUnanswered {
      _ = try insert(count)
      count += 1
    }
    #expect(count > 1000)
    let error = #expect(throws: MessageError.self) { _ = try insert(count) }
    #expect(error?.kind == .tooLarge)
    let waiting = table.unanswered
    table.answer(first, Self.answered, frames: &frames)
    #expect(table.unanswered == waiting - first.cost)
    table.answer(first, Self.answered, frames: &frames)
    table.remove([first])
    #expect(table.unanswered == waiting - first.cost)
  }

  @Test mutating func `keeps what calls wait for and what has open streams`() throws {
    try insert(object(1)).waiting.append((.init(connection: 1, stream: 1), .isActive, ""))
    try insert(object(2))
    try insert(object(3), Self.answered)
    try insert(object(4), Self.answered)
    now += .seconds(1000)
    #expect(unused { $0.object.name == "web-2" || $0.object.name == "web-3" } == ["web-4"])
  }

  @Test mutating func `remembers messages of what a policy answers, each in its form`() throws {
    let message: [UInt8] = [1, 2, 3]
    let refused = try insert(object(1))
    table.remember(message.span.bytes, as: .reference, for: refused)
    #expect(table.binding(for: message.span.bytes, as: .reference, at: now) == nil)
    let binding = try insert(object(2), Self.answered)
    table.remember(message.span.bytes, as: .reference, for: binding)
    #expect(table.binding(for: message.span.bytes, as: .metrics, at: now) == nil)
    now += .seconds(5)
    #expect(table.binding(for: message.span.bytes, as: .reference, at: now) === binding)
    #expect(binding.lastUsed == now)
  }

  @Test mutating func `a message of a forgotten binding is forgotten too`() throws {
    let message: [UInt8] = [1, 2, 3]
    let binding = try insert(object(1), Self.answered)
    let refused = try insert(object(2))
    table.remember(message.span.bytes, as: .metrics, for: binding)
    table.remove([refused])
    #expect(table.binding(for: message.span.bytes, as: .metrics, at: now) === binding)
    table.remove([binding])
    #expect(table.binding(for: message.span.bytes, as: .metrics, at: now) == nil)
  }

  @Test mutating func `refuses names that are one byte too long`() throws {
    try insert(ScaledObject(namespace: "", name: String(repeating: "n", count: 2048)))
    let error = #expect(throws: MessageError.self) {
      try insert(ScaledObject(namespace: "", name: String(repeating: "n", count: 2049)))
    }
    #expect(error?.kind == .malformed)
    #expect(table.count == 1)
  }
}
