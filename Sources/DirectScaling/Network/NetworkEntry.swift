internal import Kubernetes
internal import Scaling

/// One ElastiService and what is under way for it.
///
/// Confined to the network's loop.
final class NetworkEntry {
  var elastiService: KubernetesObject {
    didSet { names = Self.names(of: elastiService) }
  }
  /// Nil where the object names no Service, and so asks for nothing.
  private(set) var names: ResolverNames?
  var traffic = TrafficState()
  /// A write that has not been answered.
  var ticket: APITicket?
  /// Its finalizer is being removed.
  var isLeavingUs = false
  /// After a failure, nothing is tried before.
  var retryAt: Duration?
  var failures = 0
  /// What was said of it last; nil while all is well.
  var problem: String?
  /// Since when something has been to do; nil while nothing is.
  var busySince: Duration?
  /// How requests went when all was as it should be; nil before the first time.
  var isServing: Bool?
  /// Who waits until the resolver has the requests, and for how long.
  var waiters: [(until: Duration, completion: () -> Void)] = []

  init(_ elastiService: KubernetesObject) {
    self.elastiService = elastiService
    names = Self.names(of: elastiService)
  }

  var key: ObjectKey { elastiService.key }

  private static func names(of elastiService: KubernetesObject) -> ResolverNames? {
    guard let name = elastiService.json["spec"]?["service"]?.text, !name.isEmpty else { return nil }
    return ResolverNames(service: name)
  }

  /// Lets everybody go on who waits.
  func release() {
    let waiters = waiters
    self.waiters = []
    for waiter in waiters { waiter.completion() }
  }
}
