/// The part of the HorizontalPodAutoscaler that turns a metric into a number of replicas, as its
/// controller does it with the default behaviour (docs/keda.md, C20 and "The HPA's dead band"):
/// a tolerance of 10 %, up by four pods or 100 % at a time, whichever is more, down to the highest
/// recommendation of the last 300 s.
struct HorizontalAutoscaler {
  /// In seconds.
  static let syncPeriod = 15
  static let downscaleWindow = 300
  private static let podsPerSync = 4

  /// At least 1: an HPA does not scale to zero.
  let minReplicas: Int
  let maxReplicas: Int
  /// By which part of the target the metric may be off without anything being done.
  private let tolerance: Double
  /// What was recommended within the window, by the second; values descend, because a lower one
  /// before a higher one can never be the highest again.
  private var recommendations: [(second: Int, replicas: Int)] = []

  init(minReplicas: Int, maxReplicas: Int, tolerance: Double) {
    self.minReplicas = max(minReplicas, 1)
    self.maxReplicas = max(maxReplicas, self.minReplicas)
    self.tolerance = tolerance
  }

  /// One sync.
  ///
  /// - Parameters:
  ///   - total: The metric over all pods.
  ///   - target: What one pod is to have of it (`AverageValue`).
  ///   - current: At least 1.
  /// - Returns: the replicas to have from now on.
  mutating func synced(total: Double, target: Double, current: Int, at second: Int) -> Int {
    let desired = self.desired(total: total, target: target, current: current)
    note(desired, at: second)
    let highest = recommendations.first?.replicas ?? desired
    var next = min(max(current, desired), highest)
    next = min(next, max(current + Self.podsPerSync, current * 2))
    return min(max(next, minReplicas), maxReplicas)
  }

  /// Whether further syncs with this metric change nothing.
  func isSettled(total: Double, target: Double, current: Int) -> Bool {
    let desired = self.desired(total: total, target: target, current: current)
    let bounded = min(max(desired, minReplicas), maxReplicas)
    return bounded == current && recommendations.count == 1
      && recommendations[0].replicas == desired
  }

  /// Stands in for the syncs until `second`, all of which recommended the same.
  mutating func skipped(to second: Int) {
    guard let last = recommendations.last, last.second < second else { return }
    recommendations[recommendations.count - 1].second = second
  }

  private func desired(total: Double, target: Double, current: Int) -> Int {
    let ratio = total / (target * Double(current))
    guard abs(1 - ratio) > tolerance else { return current }
    let replicas = (total / target).rounded(.up)
    return replicas < Double(Int32.max) ? Int(replicas) : Int(Int32.max)
  }

  private mutating func note(_ desired: Int, at second: Int) {
    let cutoff = second - Self.downscaleWindow
    let expired = recommendations.prefix { $0.second <= cutoff }.count
    recommendations.removeFirst(expired)
    while let last = recommendations.last, last.replicas <= desired {
      recommendations.removeLast()
    }
    recommendations.append((second, desired))
  }
}
