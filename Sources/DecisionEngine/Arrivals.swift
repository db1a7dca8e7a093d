/// ScaledObjects that workers have asked for and that the engine has not looked at yet. Those that a manifest
/// names come first: of them there are as many as the manifests say. Behind them waits what clients may
/// have made up, each in order. Pure.
struct Arrivals {
  struct Arrival {
    let object: ScaledObject
    /// Keys of its trigger that mean nothing here, for the log.
    let ignored: [String]
    let worker: WorkerMailbox
    /// Whether a manifest names it, so that it takes nothing of what clients may have kept.
    let isNamed: Bool
  }

  private var named: ArraySlice<Arrival> = []
  private var others: ArraySlice<Arrival> = []

  var isEmpty: Bool { named.isEmpty && others.isEmpty }

  mutating func append(_ arrival: Arrival) {
    if arrival.isNamed { named.append(arrival) } else { others.append(arrival) }
  }

  mutating func popFirst() -> Arrival? {
    guard let next = named.popFirst() ?? others.popFirst() else { return nil }
    // A slice keeps the memory of what it has let go of.
    if named.isEmpty { named = [] }
    if others.isEmpty { others = [] }
    return next
  }
}
