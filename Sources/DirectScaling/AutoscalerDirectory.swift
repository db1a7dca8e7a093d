internal import EventLoop
internal import Kubernetes
internal import Scaling

/// Knows the autoscalers of each namespace in which targets are: all HPAs and ScaledObjects, listed
/// when somebody asks and kept for a few seconds, so that a hundred targets of one namespace cost
/// one list.
///
/// Confined to its client's loop.
final class AutoscalerDirectory {
  typealias Completion = (Result<AutoscalerClaims, KubernetesFailure>) -> Void

  private let client: KubernetesClient
  private let loop: EventLoop
  private let freshness: Duration
  private var known: [String: Known] = [:]
  private var waiting: [String: [Completion]] = [:]

  private struct Known {
    var claims: AutoscalerClaims
    /// When it was asked for, of the monotonic clock.
    var askedAt: Duration
  }

  static let scaledObjects = APIResource(
    apiVersion: "keda.sh/v1alpha1", kind: "ScaledObject", name: "scaledobjects")
  private static let autoscalers = APIResource(
    apiVersion: "autoscaling/v2", kind: "HorizontalPodAutoscaler",
    name: "horizontalpodautoscalers")
  private static let longestFreshness = Duration.seconds(5)

  init(client: KubernetesClient, loop: EventLoop, checkInterval: Duration) {
    self.client = client
    self.loop = loop
    freshness = min(checkInterval / 2, Self.longestFreshness)
  }

  /// - Parameter completion: called at once where the answer is known, else later on the loop.
  func find(in namespace: String, completion: @escaping Completion) {
    if let known = known[namespace], loop.now - known.askedAt < freshness {
      return completion(.success(known.claims))
    }
    waiting[namespace, default: []].append(completion)
    guard waiting[namespace]?.count == 1 else { return }
    let askedAt = loop.now
    list(Self.scaledObjects, .scaledObject, in: namespace) { [weak self] scaledObjects in
      guard let self else { return }
      guard case .success(let first) = scaledObjects else {
        return self.answer(namespace, scaledObjects, askedAt: askedAt)
      }
      self.list(Self.autoscalers, .horizontalPodAutoscaler, in: namespace) { [weak self] others in
        self?.answer(
          namespace, others.map { AutoscalerClaims(all: first.all + $0.all) }, askedAt: askedAt)
      }
    }
  }

  /// An autoscaler of that namespace was written to.
  func forget(_ namespace: String) {
    known[namespace] = nil
  }

  private func list(
    _ resource: APIResource, _ kind: AutoscalerClaim.Kind, in namespace: String,
    completion: @escaping Completion
  ) {
    client.list(resource, namespace: namespace) { result in
      switch result {
      case .success(let list):
        completion(
          .success(AutoscalerClaims(all: list.items.compactMap { AutoscalerClaim(kind, $0) })))
      // The CRD is not installed: there is no KEDA.
      case .failure(let failure) where failure.kind == .unknownResource:
        completion(.success(AutoscalerClaims()))
      case .failure(let failure):
        completion(.failure(failure))
      }
    }
  }

  private func answer(
    _ namespace: String, _ result: Result<AutoscalerClaims, KubernetesFailure>, askedAt: Duration
  ) {
    if case .success(let claims) = result {
      known[namespace] = Known(claims: claims, askedAt: askedAt)
    }
    for completion in waiting.removeValue(forKey: namespace) ?? [] { completion(result) }
  }
}
