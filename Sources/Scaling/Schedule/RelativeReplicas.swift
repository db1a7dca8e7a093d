/// Replicas of a rule as a factor on what everything else asks for: `+20%` or `x1.5` (design,
/// section 4, "Schedule").
///
/// Never below 1: a signal that asks for less than the others has no say in the maximum. What lowers
/// an answer is a cap.
package struct RelativeReplicas: Hashable, Comparable, Sendable {
  /// The factor times 1000, so that it is exact.
  package let thousandths: Int
  private let isPercentage: Bool

  /// From 1.001 to 100; one beyond is taken for a mistake.
  package static let range = 1001...100_000

  /// Nil beyond `range`.
  ///
  /// - Parameter isPercentage: whether it is written as the percentage that is added.
  package init?(thousandths: Int, isPercentage: Bool) {
    guard Self.range.contains(thousandths) else { return nil }
    self.thousandths = thousandths
    self.isPercentage = isPercentage
  }

  /// The replicas multiplied, and rounded up; no more than the 2,147,483,647 that Kubernetes can
  /// count.
  package func applied(to replicas: Int) -> Int {
    let most = Int(Int32.max)
    guard replicas < most else { return replicas }
    return min((replicas * thousandths + 999) / 1000, most)
  }

  /// `+20 %` or `x1.5`.
  package var text: String {
    isPercentage
      ? "+\(Self.decimal((thousandths - 1000) * 100)) %" : "x\(Self.decimal(thousandths))"
  }

  package static func < (left: RelativeReplicas, right: RelativeReplicas) -> Bool {
    left.thousandths < right.thousandths
  }

  /// A number of thousandths without zeros at its end.
  private static func decimal(_ thousandths: Int) -> String {
    let (whole, rest) = thousandths.quotientAndRemainder(dividingBy: 1000)
    guard rest > 0 else { return "\(whole)" }
    var digits = "\(1000 + rest)".dropFirst()
    while digits.hasSuffix("0") { digits.removeLast() }
    return "\(whole).\(digits)"
  }
}
