internal import HTTPClient
internal import Scaling
internal import TestKit
internal import Testing
internal import Time

@testable internal import StateDirectory

@Suite struct MemoryReportTests {
  private let now = Instant(milliseconds: 1_800_000_000_000)

  private var policies: [String: PolicyMemory] {
    [
      "shop/web": PolicyMemory(
        signals: [
          "live": SignalMemory(
            replicas: 25, value: 2500, readAt: now.advanced(by: .seconds(-3)), definition: 7),
          "predicted": SignalMemory(
            replicas: 40,
            series: ForecastSeries(
              generatedAt: now.advanced(by: .seconds(-30)), step: .seconds(60), replicas: [1, 40]),
            readAt: now, lostSince: now, definition: 8),
        ],
        activity: Decision.Activity(last: now, cause: .active), answer: 40),
      "implied|5m|web": PolicyMemory(answer: 3),
    ]
  }

  @Test func `another replica reads what was told`() throws {
    let told = MemoryReport.text(of: policies, at: now)
    #expect(try MemoryReport.policies(in: told, at: now) == policies)
  }

  @Test func `ages travel, so that a clock that differs changes nothing`() throws {
    let told = MemoryReport.text(of: policies, at: now)
    let theirs = now.advanced(by: .seconds(86_400))
    let found = try MemoryReport.policies(in: told, at: theirs)
    #expect(found["shop/web"]?.signals["live"]?.readAt == theirs.advanced(by: .seconds(-3)))
  }

  @Test(arguments: [
    #"{"format":2,"policies":{}}"#, #"{"policies":{}}"#, #"{"format":"1"}"#, "[]", "", "{",
    #"{"format":1,"policies":{"a":{"signals":{"b":{}}}}}"#,
    #"{"format":1,"policies":{"a":{"signals":{"b":{"replicas":-1}}}}}"#,
    #"{"format":1,"policies":{"a":{"signals":{"b":{"replicas":2147483648}}}}}"#,
    #"{"format":1,"policies":{"a":{"signals":{"b":{"replicas":1,"value":1e999}}}}}"#,
    #"{"format":1,"policies":{"a":{"signals":{"b":{"replicas":1,"series":{"from":0,"step":1,"replicas":[1]}}}}}}"#,
    #"{"format":1,"policies":{"a":{"signals":{"b":{"replicas":1,"series":{"from":-1,"step":1000,"replicas":[1]}}}}}}"#,
  ])
  func `what is no report of this format is refused as a whole`(text: String) {
    #expect(throws: JSONError.self) {
      try MemoryReport.policies(in: Array(text.utf8), at: now)
    }
  }

  @Test func `a report of another format is refused before its policies are looked at`() {
    let text = #"{"format":9,"policies":"of another shape"}"#
    #expect(throws: JSONError(offset: 0, problem: "expected the format 1, found 9")) {
      try MemoryReport.policies(in: Array(text.utf8), at: now)
    }
  }

  @Test func `no damage to a report stops the process, nor does what it then says`() throws {
    let told = MemoryReport.text(of: policies, at: now)
    var mutator = Mutator(seed: 1)
    let policy = Policy(
      name: ResourceName(namespace: "shop", name: "web"),
      signals: [
        Signal(name: "live", kind: .forecast(ForecastSignal(source: "s", workload: "w"))),
        Signal(name: "predicted", kind: .forecast(ForecastSignal(source: "s", workload: "w"))),
      ])
    var accepted = 0
    for _ in 0..<20_000 {
      guard let found = try? MemoryReport.policies(in: mutator.mutated(told), at: now) else {
        continue
      }
      accepted += 1
      for memory in found.values {
        let learnt = memory.learnt(from: "peer", at: now)
        _ = Evaluator.decide(
          policy, readings: [.forecast(nil), .forecast(nil)], memory: learnt.serving(policy),
          at: now)
      }
    }
    #expect(accepted > 100)
  }
}
