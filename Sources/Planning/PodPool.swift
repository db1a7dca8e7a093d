/// The pods of a workload: each serves once its start-up time is over. The youngest end first, as a
/// ReplicaSet does it.
struct PodPool {
  /// In seconds.
  let startup: Int
  private(set) var total: Int
  private var ready: Int
  /// Pods that start, in the order in which they become ready.
  private var starting: [(readyAt: Int, count: Int)] = []

  /// - Parameter ready: How many pods there are, all of which serve.
  init(startup: Int, ready: Int) {
    self.startup = startup
    self.ready = ready
    total = ready
  }

  /// When the next pod becomes ready; nil when none is starting.
  var nextReady: Int? { starting.first?.readyAt }

  mutating func scaled(to replicas: Int, at second: Int) {
    if replicas > total {
      starting.append((second + startup, replicas - total))
    } else {
      var excess = total - replicas
      while excess > 0, let last = starting.last {
        let ended = min(excess, last.count)
        excess -= ended
        if ended == last.count {
          starting.removeLast()
        } else {
          starting[starting.count - 1].count -= ended
        }
      }
      ready -= excess
    }
    total = replicas
  }

  /// How many pods serve at a second; seconds may not go back.
  mutating func serving(at second: Int) -> Int {
    var count = 0
    while count < starting.count, starting[count].readyAt <= second {
      ready += starting[count].count
      count += 1
    }
    starting.removeFirst(count)
    return ready
  }
}
