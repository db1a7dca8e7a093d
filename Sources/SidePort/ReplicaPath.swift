internal import Scaling

/// What stands between an answer and the replicas that run, as far as it can be known here.
struct ReplicaPath {
  /// One thing that delays or changes what becomes of the answer.
  struct Obstacle: Hashable {
    let kind: Kind
    let sentence: String
    /// For the dead band: the counts that are left as they are.
    var tolerated: ClosedRange<Int>?
  }

  enum Kind: String {
    case noScaledObject, unavailable, polling, hpaDeadBand, hpaStabilization, cooldown
    case scaledObjectLimits
  }

  let obstacles: [Obstacle]

  init(of record: DecisionRecord) {
    var obstacles: [Obstacle] = []
    if record.bindings == 0 {
      obstacles.append(
        Obstacle(
          kind: .noScaledObject,
          sentence: "No ScaledObject asks for this policy now, so nothing follows from it."))
    }
    guard let answer = record.decision.replicas else {
      obstacles.append(
        Obstacle(
          kind: .unavailable,
          sentence: record.policy.whenUnavailable == .inactive
            ? "GetMetrics is an error, so KEDA keeps the workload as it is or uses its fallback;"
              + " IsActive says false, as the policy wants it."
            : "KEDA gets an error: it keeps the workload as it is, or uses the ScaledObject's"
              + " fallback."))
      self.obstacles = obstacles
      return
    }
    obstacles.append(
      Obstacle(
        kind: .polling,
        sentence: "The HPA asks every 15s, and KEDA every pollingInterval (30s unless the"
          + " ScaledObject says otherwise) whether the workload is active; a trigger of type"
          + " external-push hears of it at once."))
    if let band = DeadBand(answer: answer) {
      let counts = "\(band.tolerated.lowerBound) to \(band.tolerated.upperBound)"
      obstacles.append(
        Obstacle(
          kind: .hpaDeadBand,
          sentence: "The HPA ignores differences of up to 10 %: a workload that has \(counts)"
            + " replicas keeps them.",
          tolerated: band.tolerated))
    }
    obstacles.append(
      Obstacle(
        kind: .hpaStabilization,
        sentence: "The HPA goes down only to the highest answer of the last 5m, unless the"
          + " ScaledObject's behavior says otherwise."))
    if answer == 0 {
      obstacles.append(
        Obstacle(
          kind: .cooldown,
          sentence: "KEDA goes to zero only after cooldownPeriod (5m unless the ScaledObject says"
            + " otherwise) without activity."))
    }
    obstacles.append(
      Obstacle(
        kind: .scaledObjectLimits,
        sentence: "minReplicaCount and maxReplicaCount of the ScaledObject bound the result, and"
          + " its other triggers may ask for more: Headstart cannot see them."))
    self.obstacles = obstacles
  }
}
