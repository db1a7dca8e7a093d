/// Where the requests for one Service should go. Pure.
///
/// The pods serve while one of them is ready. Ready is what the EndpointSlices say that Kubernetes
/// keeps for the Service: kube-proxy and the resolver go by the same, and no pod has to be watched.
///
/// Times are of a monotonic clock.
struct TrafficState {
  /// The addresses of ready pods.
  private var ready: Set<String> = []
  /// Those of pods that go because the target was scaled to zero, though their slices still call
  /// them ready.
  private var going: Set<String> = []
  /// When addresses that are still in `going` have come to stay; nil while the target is at zero.
  private var goneBy: Duration?
  /// The target is about to be scaled to zero.
  private(set) var isLeaving = false
  /// What the target had when direct scaling saw it last; nil where it did not look.
  private var replicas: Int?

  /// How long the slices may call a pod ready that has been deleted. Only where a target went to zero
  /// and came back at once may a pod have outlived it.
  static let lag = Duration.seconds(10)

  var isServing: Bool { !isLeaving && !ready.subtracting(going).isEmpty }

  /// Whether time alone may change the answer.
  var isWaiting: Bool { goneBy != nil && !going.isEmpty }

  mutating func endpoints(ready: Set<String>) {
    self.ready = ready
    going.formIntersection(ready)
  }

  /// The last pods will be taken away.
  mutating func leaves() {
    isLeaving = true
  }

  /// Direct scaling has looked at the target, or scaled it.
  mutating func observed(replicas: Int?, now: Duration) {
    isLeaving = false
    let before = self.replicas
    self.replicas = replicas
    if replicas == 0 {
      if before != 0 { going = ready }
      goneBy = nil
    } else if before == 0 {
      goneBy = now + Self.lag
    }
  }

  mutating func timePassed(now: Duration) {
    guard let end = goneBy, now >= end else { return }
    going = []
    goneBy = nil
  }
}
