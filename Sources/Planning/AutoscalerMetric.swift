internal import Scaling

/// The metric that an HPA reads in every second.
protocol AutoscalerMetric {
  /// Whether KEDA stands before the HPA, and takes a metric of 0 for an idle workload.
  static var scalesToZero: Bool { get }
  /// What one pod is to have of the metric.
  var target: Double { get }
  /// The metric over all pods; nil when it cannot be had. Seconds may not go back.
  mutating func value(at second: Int) -> Double?
  /// The first second after that of the last question in which the answer could differ.
  var nextChange: Int { get }
}

/// The load itself, which an HPA reads without Headstart.
struct LoadMetric: AutoscalerMetric {
  static let scalesToZero = false
  let target: Double
  /// What metrics show, piece by piece.
  private let pieces: [DemandTrack.Piece]
  /// The piece of the last question.
  private var index = 0

  init(observed: DemandTrack, target: Double) {
    self.target = target
    pieces = observed.pieces
  }

  mutating func value(at second: Int) -> Double? {
    while index < pieces.count, pieces[index].to <= second { index += 1 }
    return index < pieces.count ? pieces[index].load : nil
  }

  var nextChange: Int { index < pieces.count ? pieces[index].to : .max / 2 }
}

/// The answers of a policy, as Headstart gives them: it decides again whenever a reading changes or
/// a decision ends.
struct DecisionTrack: AutoscalerMetric {
  static let scalesToZero = true
  /// KEDA's target for Headstart's metric is one replica for each that is asked for (C4).
  let target = 1.0
  private(set) var nextChange = 0
  private let readings: KnownReadings
  private let grid: SecondGrid
  private var last: Int?
  private var memory = Decision.Memory()

  init(readings: KnownReadings, grid: SecondGrid) {
    self.readings = readings
    self.grid = grid
  }

  mutating func value(at second: Int) -> Double? {
    // Every decision in between is made, because the next one may have to know it.
    while nextChange <= second { decide(at: nextChange) }
    return last.map(Double.init)
  }

  private mutating func decide(at second: Int) {
    let now = grid.instant(second)
    let decision = Evaluator.decide(
      readings.policy, readings: readings.readings(at: now), memory: memory, at: now)
    memory = decision.memory
    last = decision.replicas
    let next = min(decision.validUntil, readings.nextReading(after: now))
    nextChange = max(grid.second(notBefore: next), second + 1)
  }
}
