internal import Time

/// The last operations of every target, bounded. Pure.
package struct OperationHistory: Sendable {
  private var operations: [TargetID: [ScaleOperation]] = [:]
  /// The targets in the order of their last operations, the oldest first.
  private var order: [TargetID] = []
  private let limits: Limits

  package struct Limits: Hashable, Sendable {
    package var operationsPerTarget = 50
    /// Beyond it the target that was tried longest ago is forgotten.
    package var targets = 10_000

    package init() {}
  }

  /// Which operations are asked for; nil for any.
  package struct Filter: Hashable, Sendable {
    package var namespace: String?
    package var name: String?
    package var kind: String?
    package var policy: String?

    package init(
      namespace: String? = nil, name: String? = nil, kind: String? = nil, policy: String? = nil
    ) {
      self.namespace = namespace
      self.name = name
      self.kind = kind
      self.policy = policy
    }

    func matches(_ target: TargetID) -> Bool {
      (namespace ?? target.namespace) == target.namespace && (name ?? target.name) == target.name
        && (kind ?? target.kind) == target.kind
    }

    func matches(_ operation: ScaleOperation) -> Bool {
      (policy ?? operation.policy.name) == operation.policy.name
    }
  }

  package init(limits: Limits = Limits()) {
    self.limits = limits
  }

  /// Keeps an operation; one that came to the same as the last of its target is counted with it.
  ///
  /// - Returns: whether it differs from the last one.
  @discardableResult
  package mutating func record(_ operation: ScaleOperation) -> Bool {
    let target = operation.target
    var known = operations[target] ?? []
    var isNew = true
    if let last = known.last, last.isRepeated(by: operation) {
      var repeated = operation
      repeated.count = min(last.count, Int(Int32.max) - 1) + 1
      known[known.count - 1] = repeated
      isNew = false
    } else {
      known.append(operation)
      if known.count > limits.operationsPerTarget { known.removeFirst() }
    }
    if operations[target] == nil {
      if operations.count >= limits.targets { forgetOldest() }
      order.append(target)
    }
    operations[target] = known
    return isNew
  }

  /// The newest first.
  package func operations(_ filter: Filter = Filter()) -> [ScaleOperation] {
    operations.lazy.filter { filter.matches($0.key) }
      .flatMap { $0.value.filter(filter.matches) }
      .sorted { ($1.at, $1.target) < ($0.at, $0.target) }
  }

  private mutating func forgetOldest() {
    let oldest = order.enumerated().min {
      (operations[$0.element]?.last?.at ?? .distantPast, $0.offset)
        < (operations[$1.element]?.last?.at ?? .distantPast, $1.offset)
    }
    guard let oldest else { return }
    operations[oldest.element] = nil
    order.remove(at: oldest.offset)
  }
}
