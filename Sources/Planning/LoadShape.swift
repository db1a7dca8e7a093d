internal import Time

/// What the load does between two samples.
package enum LoadShape: String, Hashable, Sendable, CaseIterable {
  /// It goes in a straight line from one to the next.
  case linear
  /// It stays at the first one, and jumps at the next.
  case held

  /// In a straight line the load changes this often: as often as an HPA looks at it.
  private static let pace = Duration.seconds(HorizontalAutoscaler.syncPeriod)

  /// Appends the load from one sample to the next; the value of the next is not part of it.
  func append(
    from one: LoadHistory.Sample, to next: LoadHistory.Sample, onto series: inout StepSeries
  ) {
    guard self == .linear, one.value != next.value else {
      series.append(one.value, at: one.at)
      return
    }
    let distance = one.at.duration(to: next.at)
    var passed = Duration.zero
    while passed < distance {
      let part = Double(passed.milliseconds) / Double(distance.milliseconds)
      series.append(one.value + (next.value - one.value) * part, at: one.at.advanced(by: passed))
      passed += Self.pace
    }
  }
}
