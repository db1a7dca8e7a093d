/// Lets a bounded number of targets be visited at once, those first for which somebody waits. Pure.
struct VisitQueue<Visitor: Hashable> {
  private let limit: Int
  private var visiting: Set<Visitor> = []
  private var urgent: [Visitor] = []
  private var patient: [Visitor] = []
  private var waiting: Set<Visitor> = []

  init(limit: Int) {
    self.limit = limit
  }

  /// - Returns: whether the visit may begin now; else it is its turn when `left` or `withdrawn`
  ///   says so.
  mutating func arrived(_ visitor: Visitor, isUrgent: Bool) -> Bool {
    guard !visiting.contains(visitor) else { return true }
    guard visiting.count >= limit else {
      visiting.insert(visitor)
      return true
    }
    guard isUrgent || waiting.insert(visitor).inserted else { return false }
    waiting.insert(visitor)
    if isUrgent { urgent.append(visitor) } else { patient.append(visitor) }
    return false
  }

  /// A visit has ended, or is wanted no more.
  ///
  /// - Returns: whose turn it is.
  mutating func left(_ visitor: Visitor) -> Visitor? {
    waiting.remove(visitor)
    guard visiting.remove(visitor) != nil else { return nil }
    while let next = take() {
      // Those that left while they waited, or wait in both lines.
      guard waiting.remove(next) != nil else { continue }
      visiting.insert(next)
      return next
    }
    return nil
  }

  private mutating func take() -> Visitor? {
    if !urgent.isEmpty { return urgent.removeFirst() }
    return patient.isEmpty ? nil : patient.removeFirst()
  }
}
