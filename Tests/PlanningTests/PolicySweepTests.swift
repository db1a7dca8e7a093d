internal import Planning
internal import Scaling
internal import Testing
internal import Time

struct PolicySweepTests {
  private let builtIn = BuiltInForecast(
    source: "default", query: "x", threshold: 100, step: .seconds(300), leadTime: .seconds(600))

  private var policy: Policy {
    Policy(
      [
        .query(threshold: 100),
        Signal(
          name: "predicted", leadTime: .seconds(600), kind: .forecast(ForecastSignal(builtIn))),
      ], leadTime: .seconds(600))
  }

  private func builtIn(of variant: PolicySweep.Variant) -> BuiltInForecast? {
    guard case .forecast(let forecast) = variant.policy.signals[1].kind else { return nil }
    return forecast.builtIn
  }

  @Test(arguments: [
    ("quantile=0.9", [0.9]), ("quantile=0.95,0.5,0.9,0.9", [0.5, 0.9, 0.95]),
    ("quantile=0.8..0.95", [0.8, 0.85, 0.9, 0.925, 0.95]),
    ("quantile=0.5..0.99", [0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.925, 0.95, 0.975, 0.99]),
    ("leadTime=5m,10m,20m", [300, 600, 1200]), ("leadTime=0s", [0]),
    ("leadTime=1m..5m", [60, 120, 180, 240, 300]), ("threshold=80,100", [80, 100]),
    ("threshold=60..100", [60, 70, 80, 90, 100]),
    ("threshold=0.5..1.5", [0.5, 0.75, 1, 1.25, 1.5]),
  ])
  func `Values, lists and ranges are read`(_ text: String, _ values: [Double]) throws {
    #expect(try PolicySweep(text).values == values)
  }

  @Test(arguments: [
    ("quantile", "no sweep"), ("speed=1", "no sweep"), ("quantile=", "0.5 to 0.99"),
    ("quantile=1", "0.5 to 0.99"), ("quantile=0.9..0.5", "reversed"), ("leadTime=5", "10m"),
    ("leadTime=1.5s", "whole seconds"), ("threshold=0", "above 0"), ("threshold=nan", "above 0"),
    ("threshold=..", "above 0"), ("quantile=0.5...0.9", "0.5 to 0.99"),
  ])
  func `What makes no sense is refused with a form that is accepted`(
    _ text: String, _ words: String
  ) {
    #expect(throws: PolicySweep.Invalid.self) { try PolicySweep(text) }
    do {
      _ = try PolicySweep(text)
    } catch {
      #expect("\(error)".contains(words), "\(error)")
    }
  }

  @Test func `Every combination is tried, in the order of the sweeps`() throws {
    let sweeps = [try PolicySweep("quantile=0.5,0.9"), try PolicySweep("leadTime=5m,20m")]
    let variants = try PolicySweep.variants(of: policy, sweeps)
    #expect(
      variants.map(\.values) == [["0.5", "5m"], ["0.5", "20m"], ["0.9", "5m"], ["0.9", "20m"]])
    #expect(variants.map { builtIn(of: $0)?.quantile } == [0.5, 0.5, 0.9, 0.9])
    #expect(variants.map { $0.policy.leadTime } == [300, 1200, 300, 1200].map { .seconds($0) })
    #expect(
      variants.map { builtIn(of: $0)?.leadTime } == [300, 1200, 300, 1200].map { .seconds($0) })
    // A lead time of its own would undo the sweep.
    #expect(variants.allSatisfy { $0.policy.signals[1].leadTime == nil })
    // The default step follows the lead time.
    #expect(variants.map { builtIn(of: $0)?.step } == [120, 600, 120, 600].map { .seconds($0) })
  }

  @Test func `A threshold is put into queries and forecasts`() throws {
    let variants = try PolicySweep.variants(of: policy, [try PolicySweep("threshold=80")])
    guard case .prometheus(let query) = variants[0].policy.signals[0].kind else {
      Issue.record("no query")
      return
    }
    #expect(query.threshold == 80)
    #expect(builtIn(of: variants[0])?.threshold == 80)
  }

  @Test func `A step that was chosen stays while the lead time allows it`() throws {
    var chosen = builtIn
    chosen.step = .seconds(60)
    let policy = Policy([
      .query(threshold: 100), Signal(name: "predicted", kind: .forecast(ForecastSignal(chosen))),
    ])
    let variants = try PolicySweep.variants(of: policy, [try PolicySweep("leadTime=20m,1h")])
    #expect(variants.map { builtIn(of: $0)?.step } == [.seconds(60), .seconds(900)])
  }

  @Test func `A sweep without an effect, and one of too many values, are refused`() throws {
    let plain = Policy([.query(threshold: 100)])
    let quantile = try PolicySweep("quantile=0.9")
    #expect(throws: PolicySweep.Invalid.self) { try PolicySweep.variants(of: plain, [quantile]) }
    let long = try PolicySweep("leadTime=2d")
    #expect(throws: PolicySweep.Invalid.self) { try PolicySweep.variants(of: policy, [long]) }
    let many = try PolicySweep("threshold=" + (1...1001).map { "\($0)" }.joined(separator: ","))
    #expect(throws: PolicySweep.Invalid.self) { try PolicySweep.variants(of: policy, [many]) }
  }
}
