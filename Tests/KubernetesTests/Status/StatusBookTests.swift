internal import Scaling
internal import Testing
internal import Time

@testable internal import Kubernetes

@Suite struct StatusBookTests {
  private static let wallClock = Instant(milliseconds: 1_763_676_000_500)
  private static let policies = APIResource(
    apiVersion: "headstart.dev/v1alpha1", kind: "ScalingPolicy", name: "scalingpolicies",
    subresources: ["status"])
  private static let id = ObjectID(kind: "ScalingPolicy", namespace: "default", name: "web")
  /// When nothing is pending any more.
  private static let start = StatusBook.patience
  private var book = StatusBook()

  private static func review(
    errors: [String] = [], warnings: [String] = [], isHeld: Bool = false, generation: Int = 1,
    uid: String = "u1", status: JSONValue? = nil
  ) -> ObjectReview {
    ObjectReview(
      resource: policies,
      reference: ObjectReference(
        apiVersion: policies.apiVersion, kind: "ScalingPolicy", namespace: "default", name: "web",
        uid: uid), generation: generation, errors: errors, warnings: warnings, isHeld: isHeld,
      status: status)
  }

  private static func decision(
    _ replicas: Int?, missing: [String] = [], rule: String? = nil
  ) -> DecisionSummary {
    var live = Contribution(signal: "live", kind: .prometheus, state: .fresh, replicas: replicas)
    live.rule = rule
    let contributions =
      [live]
      + missing.map { Contribution(signal: $0, kind: .forecast, state: .unknown) }
    return DecisionSummary(
      Decision(
        policy: ResourceName(namespace: "default", name: "web"), at: wallClock,
        outcome: replicas.map { .replicas($0) } ?? .unavailable(reason: "nothing is known"),
        contributions: contributions, winner: replicas == nil ? nil : 0, appliedLimits: [],
        validUntil: wallClock, memory: Decision.Memory()))
  }

  private mutating func due(
    at now: Duration, change: ObjectStatus.NextChange? = nil,
    wallClock: Instant = StatusBookTests.wallClock
  ) -> [StatusBook.Write] {
    book.due(limit: 10, now: Self.start + now, wallClock: wallClock) { _ in change }
  }

  private static func condition(_ status: JSONValue?, _ kind: Condition.Kind) -> JSONValue? {
    status?["conditions"]?.elements.first { $0["type"]?.text == kind.rawValue }
  }

  @Test mutating func `a new object gets a status, once`() throws {
    book.reviewed(Self.review(), now: .zero)
    book.learned(Self.id) { $0.decision = Self.decision(3) }
    let write = try #require(due(at: .zero).first)
    let status = write.patch["status"]
    #expect(status?["observedGeneration"] == 1)
    #expect(status?["desiredReplicas"] == 3)
    #expect(status?["winningSignal"] == "live")
    for kind in Condition.Kind.allCases {
      #expect(Self.condition(status, kind)?["status"] == "True")
      #expect(Self.condition(status, kind)?["lastTransitionTime"] == "2025-11-20T22:00:00Z")
    }
    #expect(write.announcement == nil)
    book.written(Self.id)
    #expect(due(at: .seconds(60)).isEmpty)
  }

  @Test mutating func `an object without a decision is left alone for a while`() {
    book.reviewed(Self.review(), now: .zero)
    let early = Duration.milliseconds(-1)
    #expect(due(at: early).isEmpty)
    #expect(due(at: .zero).count == 1)
    var other = Self.review(errors: ["spec: bad"])
    other.reference.name = "broken"
    book.reviewed(other, now: Self.start + early)
    #expect(due(at: early).count == 1)
  }

  @Test mutating func `what the server has already is not written again`() throws {
    book.reviewed(Self.review(), now: .zero)
    let patch = try #require(due(at: .zero).first).patch
    var other = StatusBook()
    other.reviewed(Self.review(status: patch["status"]), now: .zero)
    let later = Self.wallClock.advanced(by: .seconds(3600))
    #expect(other.due(limit: 10, now: Self.start, wallClock: later) { _ in nil }.isEmpty)
  }

  @Test mutating func `changes within ten seconds are written together`() throws {
    book.reviewed(Self.review(), now: .zero)
    #expect(due(at: .zero).count == 1)
    book.written(Self.id)
    for replicas in 4...6 { book.learned(Self.id) { $0.decision = Self.decision(replicas) } }
    #expect(due(at: StatusBook.interval - .milliseconds(1)).isEmpty)
    let write = try #require(due(at: StatusBook.interval).first)
    #expect(write.patch["status"]?["desiredReplicas"] == 6)
  }

  @Test mutating func `a write under way is waited for`() {
    book.reviewed(Self.review(), now: .zero)
    #expect(due(at: .zero).count == 1)
    book.learned(Self.id) { $0.decision = Self.decision(4) }
    #expect(due(at: .seconds(60)).isEmpty)
    book.written(Self.id)
    #expect(due(at: .seconds(60)).count == 1)
  }

  @Test mutating func `a failed write is tried again later, one of a gone object is not`() {
    book.reviewed(Self.review(), now: .zero)
    #expect(due(at: .zero).count == 1)
    book.failed(Self.id, repeats: true, now: Self.start)
    #expect(due(at: StatusBook.retryInterval - .milliseconds(1)).isEmpty)
    #expect(due(at: StatusBook.retryInterval).count == 1)
    book.failed(Self.id, repeats: false, now: Self.start + .seconds(60))
    #expect(due(at: .seconds(600)).isEmpty)
  }

  @Test mutating func `the time of a transition is that of the last change of truth`() throws {
    book.reviewed(Self.review(), now: .zero)
    book.learned(Self.id) { $0.decision = Self.decision(3) }
    #expect(due(at: .zero).count == 1)
    book.written(Self.id)
    book.learned(Self.id) { $0.decision = Self.decision(0) }
    let later = Self.wallClock.advanced(by: .seconds(60))
    let write = try #require(due(at: .seconds(60), wallClock: later).first)
    let status = write.patch["status"]
    #expect(Self.condition(status, .active)?["status"] == "False")
    #expect(Self.condition(status, .active)?["lastTransitionTime"] == "2025-11-20T22:01:00Z")
    #expect(Self.condition(status, .ready)?["lastTransitionTime"] == "2025-11-20T22:00:00Z")
    #expect(status?["winningSignal"] == nil)
  }

  @Test mutating func `an invalid object is announced once, and when it is fixed`() throws {
    let status = JSONValue.object([])
    book.reviewed(Self.review(errors: ["spec: bad"], isHeld: true, status: status), now: .zero)
    book.learned(Self.id) { $0.decision = Self.decision(3) }
    let first = try #require(due(at: .zero).first)
    #expect(first.announcement?.truth == .no)
    #expect(first.announcement?.message.contains("last good version") == true)
    #expect(first.patch["status"]?["desiredReplicas"] == 3)
    book.written(Self.id)
    book.reviewed(Self.review(errors: ["spec: bad"], isHeld: true, generation: 2), now: .zero)
    #expect(due(at: .seconds(20)).first?.announcement == nil)
    book.written(Self.id)
    book.reviewed(Self.review(errors: ["spec: worse"], isHeld: true, generation: 3), now: .zero)
    #expect(due(at: .seconds(40)).first?.announcement != nil)
    book.written(Self.id)
    book.reviewed(Self.review(generation: 4), now: .zero)
    #expect(due(at: .seconds(60)).first?.announcement?.truth == .yes)
  }

  @Test mutating func `nothing of an object that was never good is in force`() throws {
    book.reviewed(Self.review(errors: ["spec: bad"]), now: .zero)
    book.learned(Self.id) { $0.decision = Self.decision(3) }
    let status = try #require(due(at: .zero).first).patch["status"]
    #expect(status?["desiredReplicas"] == nil)
    for kind in Condition.Kind.allCases {
      #expect(Self.condition(status, kind)?["status"] == "False")
    }
  }

  @Test mutating func `a decision that cannot be made says so, and takes its numbers away`() throws
  {
    book.reviewed(Self.review(), now: .zero)
    book.learned(Self.id) { $0.decision = Self.decision(3) }
    #expect(due(at: .zero).count == 1)
    book.written(Self.id)
    book.learned(Self.id) { $0.decision = Self.decision(nil) }
    let patch = try #require(due(at: .seconds(60)).first).patch
    #expect(
      patch["status"]?.members.contains(JSONValue.Member("desiredReplicas", .null)) == true)
    #expect(Self.condition(patch["status"], .ready)?["message"] == "nothing is known")
    #expect(Self.condition(patch["status"], .active)?["status"] == "Unknown")
  }

  @Test mutating func `a missing signal is named`() throws {
    book.reviewed(Self.review(), now: .zero)
    book.learned(Self.id) { $0.decision = Self.decision(3, missing: ["predicted"]) }
    let ready = Self.condition(try #require(due(at: .zero).first).patch["status"], .ready)
    #expect(ready?["reason"] == "SignalMissing")
    #expect(ready?["message"] == "Without a reading: predicted")
  }

  @Test mutating func `the next change is told, and looked for again once it has come`() throws {
    book.reviewed(Self.review(), now: .zero)
    let at = Self.wallClock.advanced(by: .seconds(60))
    let write = due(at: .zero, change: .init(at: at, replicas: 8)).first
    #expect(
      write?.patch["status"]?["nextChange"] == ["time": "2025-11-20T22:01:00Z", "replicas": 8])
    book.written(Self.id)
    #expect(due(at: .seconds(30)).isEmpty)
    let patch = try #require(due(at: .seconds(60), wallClock: at).first).patch
    #expect(patch["status"]?.members.contains(JSONValue.Member("nextChange", .null)) == true)
  }

  @Test mutating func `conditions and members of others stay`() throws {
    let foreign: JSONValue = ["type": "Theirs", "status": "True"]
    book.reviewed(Self.review(status: ["mode": "serve", "conditions": [foreign]]), now: .zero)
    let status = try #require(due(at: .zero).first).patch["status"]
    #expect(status?["conditions"]?.elements.contains(foreign) == true)
    #expect(status?["mode"] == nil)
  }

  @Test mutating func `the holder of the Lease begins with what the server has`() {
    book.reviewed(Self.review(), now: .zero)
    #expect(due(at: .zero).count == 1)
    book.written(Self.id)
    book.becameWriter()
    #expect(due(at: .seconds(20)).count == 1)
  }

  @Test mutating func `no more than asked for is written at once, and nothing is lost`() {
    for number in 0..<25 {
      var review = Self.review()
      review.reference.name = "web-\(number)"
      book.reviewed(review, now: .zero)
    }
    var names: Set<String> = []
    for round in 0..<3 {
      let writes = due(at: .milliseconds(round))
      #expect(writes.count <= 10)
      for write in writes { names.insert(write.review.reference.name) }
    }
    #expect(names.count == 25)
  }

  @Test mutating func `a removed object is not written`() {
    book.reviewed(Self.review(), now: .zero)
    book.removed(Self.id)
    book.learned(Self.id) { $0.decision = Self.decision(1) }
    #expect(due(at: .zero).isEmpty)
    #expect(book.count == 0)
  }

  @Test mutating func `a data source says whether it answers and is used`() throws {
    var review = Self.review()
    review.reference.kind = "DataSource"
    book.reviewed(review, now: .zero)
    book.learned(review.id) {
      $0.source = SourceSummary(state: .failing("no route"), isUsed: true)
    }
    let status = try #require(due(at: .zero).first).patch["status"]
    #expect(Self.condition(status, .ready)?["message"] == "no route")
    #expect(Self.condition(status, .active)?["reason"] == "InUse")
    #expect(status?.members.contains { $0.key == "desiredReplicas" } == false)
  }

  // MARK: What others' schemas have

  private static func review(ofKind kind: String, errors: [String] = []) -> ObjectReview {
    var review = review(errors: errors)
    review.reference.kind = kind
    return review
  }

  @Test mutating func `an ElastiService has the members that KubeElasti's schema has`() throws {
    let review = Self.review(ofKind: "ElastiService")
    book.reviewed(review, now: .zero)
    book.learned(review.id) { $0.decided(Self.decision(0), at: Self.wallClock) }
    var status = try #require(due(at: .zero).first).patch["status"]
    #expect(status?["mode"] == "proxy")
    #expect(status?["lastReconciledTime"] == "2025-11-20T22:00:00Z")
    #expect(status?["lastScaledUpTime"] == nil)
    book.written(review.id)
    let up = Self.wallClock.advanced(by: .seconds(60))
    book.learned(review.id) { $0.decided(Self.decision(2), at: up) }
    status = try #require(due(at: .seconds(60), wallClock: up).first).patch["status"]
    #expect(status?["mode"] == "serve")
    #expect(status?["lastReconciledTime"] == "2025-11-20T22:01:00Z")
    #expect(status?["lastScaledUpTime"] == "2025-11-20T22:01:00Z")
    book.written(review.id)
    // The time alone is no reason to write.
    book.learned(review.id) { $0.decided(Self.decision(2), at: up.advanced(by: .seconds(60))) }
    #expect(due(at: .seconds(120)).isEmpty)
  }

  @Test mutating func `what the target has goes before what is asked for`() throws {
    let review = Self.review(ofKind: "ElastiService")
    book.reviewed(review, now: .zero)
    book.learned(review.id) {
      $0.scaling = .inOrder
      $0.decided(Self.decision(0), at: Self.wallClock)
    }
    var status = try #require(due(at: .zero).first).patch["status"]
    #expect(status?["mode"] == nil)
    book.written(review.id)
    book.learned(review.id) { $0.currentReplicas = 3 }
    status = try #require(due(at: .seconds(60)).first).patch["status"]
    #expect(status?["mode"] == "serve")
  }

  @Test mutating func `the mode does not wait for the interval, and other changes do`() throws {
    let review = Self.review(ofKind: "ElastiService")
    book.reviewed(review, now: .zero)
    book.learned(review.id) { $0.decided(Self.decision(3), at: Self.wallClock) }
    #expect(due(at: .zero).count == 1)
    book.written(review.id)
    book.learned(review.id) { $0.decided(Self.decision(4), at: Self.wallClock) }
    #expect(due(at: StatusBook.urgentInterval).isEmpty)
    book.learned(review.id) { $0.decided(Self.decision(0), at: Self.wallClock) }
    #expect(due(at: StatusBook.urgentInterval - .milliseconds(1)).isEmpty)
    let write = try #require(due(at: StatusBook.urgentInterval).first)
    #expect(write.patch["status"]?["mode"] == "proxy")
    book.written(review.id)
    #expect(due(at: .seconds(60)).isEmpty)
  }

  @Test mutating func `the mode is written before all else`() {
    for number in 0..<40 {
      var review = Self.review()
      review.reference.name = "web-\(number)"
      book.reviewed(review, now: .zero)
    }
    let elasti = Self.review(ofKind: "ElastiService")
    book.reviewed(elasti, now: .zero)
    book.learned(elasti.id) { $0.decided(Self.decision(0), at: Self.wallClock) }
    #expect(due(at: .zero).first?.review.id == elasti.id)
  }

  @Test mutating func `a ScalingRule names the rule that applies`() throws {
    let review = Self.review(ofKind: "ScalingRule")
    book.reviewed(review, now: .zero)
    book.learned(review.id) { $0.decision = Self.decision(3, rule: "Weekend") }
    var status = try #require(due(at: .zero).first).patch["status"]
    #expect(status?["lastAppliedRule"] == "Weekend")
    #expect(status?["desiredReplicas"] == 3)
    book.written(review.id)
    book.learned(review.id) { $0.decision = Self.decision(3) }
    status = try #require(due(at: .seconds(60)).first).patch["status"]
    #expect(status?.members.contains(JSONValue.Member("lastAppliedRule", .null)) == true)
  }

  @Test mutating func `of an object that is not in force no mode is told`() throws {
    let review = Self.review(ofKind: "ElastiService", errors: ["spec: bad"])
    book.reviewed(review, now: .zero)
    book.learned(review.id) { $0.decided(Self.decision(0), at: Self.wallClock) }
    #expect(try #require(due(at: .zero).first).patch["status"]?["mode"] == nil)
  }
}
