internal import EventLoop
internal import Kubernetes
internal import Scaling
internal import Telemetry

/// Steps, and what comes of them.
extension ResolverNetwork {
  private static let firstRetry = Duration.seconds(1)
  private static let longestRetry = Duration.seconds(30)

  func perform(_ step: NetworkStep, _ entry: NetworkEntry) {
    let namespace = entry.key.namespace
    switch step {
    case .nothing, .blocked: break
    case .create(let object, let resource):
      entry.ticket = client.create(
        object, in: ResourcePath(resource, namespace: namespace), deadline: Self.patience
      ) { [weak self, weak entry] result in
        guard let self, let entry else { return }
        self.ended(entry, result.map { self.take($0, resource, entry) })
      }
    case .patch(let patch, let resource, let name):
      // The last finalizer: the object may be gone before the answer comes.
      entry.isLeavingUs = entry.elastiService.isBeingDeleted
      entry.ticket = client.mergePatch(
        patch, at: ResourcePath(resource, namespace: namespace, name: name),
        deadline: Self.patience
      ) { [weak self, weak entry] result in
        guard let self, let entry else { return }
        self.countFarewell(entry, result)
        self.ended(entry, result.map { self.take($0, resource, entry) })
      }
    case .delete(let resource, let name):
      entry.ticket = client.delete(
        ResourcePath(resource, namespace: namespace, name: name), deadline: Self.patience
      ) { [weak self, weak entry] result in
        guard let self, let entry else { return }
        if case .success = result {
          self.view.remove(ObjectKey(namespace: namespace, name: name), resource)
        }
        self.ended(entry, result)
      }
    }
  }

  /// What the server has is known before the watch tells it.
  private func take(_ object: KubernetesObject, _ resource: APIResource, _ entry: NetworkEntry) {
    if resource == .elastiServices {
      entry.elastiService = object
    } else {
      view.store(object, resource)
    }
  }

  private func ended(_ entry: NetworkEntry, _ result: Result<Void, KubernetesFailure>) {
    entry.ticket = nil
    guard entries[entry.key] === entry else { return }
    switch result {
    case .success: reconcile(entry)
    case .failure(let failure): failed(entry, failure)
    }
  }

  // MARK: What came of it

  func settled(_ entry: NetworkEntry, isServing: Bool) {
    entry.failures = 0
    if let problem = entry.problem {
      logger.info(
        "requests go where they should again",
        ["elastiService": .describing(entry.key), "problem": .string(problem)])
      entry.problem = nil
    }
    let name = entry.key.description
    if let since = entry.busySince {
      entry.busySince = nil
      metrics.reconcile.with([name, ElastiMetrics.success]).observe(loop.now - since)
    }
    if entry.isServing != isServing, !entry.elastiService.isBeingDeleted {
      entry.isServing = isServing
      let mode = isServing ? "serve" : "proxy"
      logger.info(
        isServing ? "requests go to the pods" : "requests go to the resolver",
        [
          "elastiService": .describing(entry.key), "service": .string(entry.names?.service ?? ""),
          "mode": .string(mode),
        ])
      metrics.updates.with([name, mode, ElastiMetrics.success]).increment()
      metrics.mode.with([name]).set(isServing ? 0 : 1)
      tellStatus(of: entry.key)
    }
    entry.release()
  }

  func failed(_ entry: NetworkEntry, _ failure: KubernetesFailure) {
    let wait = min(Self.firstRetry * (1 << min(entry.failures, 8)), Self.longestRetry)
    entry.failures += 1
    entry.retryAt = loop.now + max(failure.retryAfter ?? .zero, wait)
    // Somebody else has written meanwhile, and the watch will tell what.
    guard failure.kind != .conflict, failure.kind != .alreadyExists else { return entry.release() }
    stuck(entry, failure.message, code: failure.code)
  }

  func stuck(_ entry: NetworkEntry, _ sentence: String, code: String) {
    let name = entry.key.description
    entry.release()
    guard entry.problem != sentence else { return }
    entry.problem = sentence
    logger.warning(
      "requests may not reach the resolver",
      ["elastiService": .describing(entry.key), "problem": .string(sentence)])
    var reference = entry.elastiService.reference
    reference.apiVersion = APIResource.elastiServices.apiVersion
    reference.kind = APIResource.elastiServices.kind
    recorder.record(
      EventNote(
        regarding: reference, severity: .warning, reason: "ResolverNotReached", action: "Route",
        note: sentence))
    let mode = entry.traffic.isServing ? "serve" : "proxy"
    metrics.updates.with([name, mode, code]).increment()
    if let since = entry.busySince {
      entry.busySince = nil
      metrics.reconcile.with([name, code]).observe(loop.now - since)
    }
  }

  /// Counts, once, that an ElastiService was let go, or could not be.
  func countFarewell(
    _ entry: NetworkEntry, _ result: Result<KubernetesObject, KubernetesFailure>
  ) {
    guard entry.isLeavingUs else { return }
    entry.isLeavingUs = false
    var error = ElastiMetrics.success
    if case .failure(let failure) = result { error = failure.code }
    metrics.finalizers.with([entry.key.description, error]).increment()
  }
}
