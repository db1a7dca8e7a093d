internal import Scaling

/// How many replicas were needed in every second.
struct DemandTrack {
  struct Piece {
    /// Seconds [from, to).
    let from: Int
    let to: Int
    /// Nil where it is not known.
    let load: Double?
    /// Nil where the load is not known.
    let needed: Int?
  }

  /// In order, without a gap; the load of neighbours differs.
  let pieces: [Piece]

  init(load: StepSeries, perReplica: Double, grid: SecondGrid) {
    var pieces: [Piece] = []
    var second = 0
    while second < grid.end {
      let instant = grid.instant(second)
      let value = load.value(at: instant)
      let next = load.nextStart(after: instant).map { grid.second(notBefore: $0) } ?? grid.end
      let to = min(next, grid.end)
      pieces.append(
        Piece(
          from: second, to: to, load: value,
          needed: value.map { Self.needed(for: $0, perReplica: perReplica) }))
      second = to
    }
    self.pieces = pieces
  }

  /// How much is needed at most, at any time.
  var mostNeeded: Int { pieces.lazy.compactMap(\.needed).max() ?? 0 }

  /// As many as carry the load, and no more than Kubernetes can count.
  static func needed(for load: Double, perReplica: Double) -> Int {
    let replicas = (load / perReplica).rounded(.up)
    return replicas < Double(Int32.max) ? Int(replicas) : Int(Int32.max)
  }

  /// Who knows what will be needed, and whose pods serve at once.
  func oracle(grid: SecondGrid) -> Backtest.Outcome {
    var outcome = Backtest.Outcome()
    var last: Int?
    for piece in pieces {
      let start = grid.instant(piece.from)
      outcome.replicas.append(piece.needed.map(Double.init), at: start)
      guard let needed = piece.needed, let load = piece.load else { continue }
      outcome.account.passed(
        seconds: piece.to - piece.from, from: start, needed: needed, serving: needed,
        replicas: needed, load: load, perReplica: 0)
      if let last, last != needed { outcome.account.scaled() }
      last = needed
    }
    return outcome
  }
}
