package import EventLoop
internal import HTTPClient
internal import Scaling
package import Telemetry
package import Time

/// Takes part in the election of the replica that acts, through a Lease.
///
/// Confined to its client's loop.
package final class LeaseKeeper {
  private let client: KubernetesClient
  private let path: ResourcePath
  private let wallClock: @Sendable () -> Instant
  private let logger: Logger
  private let metrics: KubernetesMetrics?
  private let onChange: (_ isLeader: Bool) -> Void
  private var election: LeaderElection
  private var jitter = JitterSource.random()
  /// The object around the record, so that labels of others survive a renewal.
  private var object: JSONValue?
  private var periodTimer: LoopTimer?
  private var endTimer: LoopTimer?
  private var ticket: APITicket?
  private var wasLeader = false
  private var lastProblem: KubernetesFailure.Kind?
  private var hasStopped = false

  /// Of one request; a renewal has several tries before the deadline.
  private static let requestLimit = Duration.seconds(4)

  /// - Parameters:
  ///   - identity: Unique among the replicas, such as the pod's name.
  ///   - onChange: Called on the loop when leadership is won and when it is lost.
  package init(
    client: KubernetesClient, namespace: String, name: String, identity: String,
    timing: LeaderElection.Timing = LeaderElection.Timing(),
    wallClock: @escaping @Sendable () -> Instant, logger: Logger,
    metrics: KubernetesMetrics? = nil, onChange: @escaping (_ isLeader: Bool) -> Void
  ) throws(EventLoopError) {
    self.client = client
    path = ResourcePath(.leases, namespace: namespace, name: name)
    election = LeaderElection(identity: identity, timing: timing)
    self.wallClock = wallClock
    self.logger = logger
    self.metrics = metrics
    self.onChange = onChange
    periodTimer = try LoopTimer(on: client.loop) { [unowned self] in
      obey(election.periodPassed(now: now, wallClock: self.wallClock()))
    }
    endTimer = try LoopTimer(on: client.loop) { [unowned self] in compareLeadership() }
  }

  /// Whether this replica may act, at this very moment. To be asked before every write.
  package var isLeader: Bool { !hasStopped && election.isLeader(at: now) }

  /// Who holds the Lease as far as is known; empty for no one.
  package var holder: String { election.holder }

  package func start() {
    metrics?.leader.with([]).set(0)
    obey(election.periodPassed(now: now, wallClock: wallClock()))
  }

  /// Stops acting at once, and tells the others that they need not wait.
  ///
  /// - Parameter completion: Called on the loop when the request has ended, with or without success.
  package func release(completion: @escaping () -> Void) {
    ticket?.cancel()
    periodTimer = nil
    endTimer = nil
    let release = election.released(now: now, wallClock: wallClock())
    hasStopped = true
    compareLeadership()
    guard let release else { return completion() }
    ticket = client.update(
      body(release.record, resourceVersion: release.resourceVersion), at: path,
      deadline: .seconds(2), repeats: false
    ) { [logger] result in
      if case .failure(let failure) = result {
        logger.warning("the Lease could not be released", ["problem": .describing(failure)])
      }
      completion()
    }
  }

  // MARK: Orders

  private var now: Duration { .nanoseconds(Int64(clamping: EventLoop.clock)) }

  private func obey(_ order: LeaderElection.Order) {
    guard !hasStopped else { return }
    switch order {
    case .wait: waitPeriod()
    case .read:
      var call = APICall(.get, path, deadline: Self.requestLimit)
      call.repeats = false
      ticket = client.send(call) { [weak self] result in self?.readEnded(result) }
    case .create(let record):
      var collection = path
      collection.name = nil
      ticket = client.create(
        body(record, resourceVersion: nil), in: collection, deadline: Self.requestLimit,
        repeats: false
      ) { [weak self] result in self?.writeEnded(result) }
    case .update(let record, let version):
      ticket = client.update(
        body(record, resourceVersion: version), at: path, deadline: Self.requestLimit,
        repeats: false
      ) { [weak self] result in self?.writeEnded(result) }
    }
  }

  private func readEnded(_ result: Result<JSONValue, KubernetesFailure>) {
    switch result {
    case .success(let json):
      lastProblem = nil
      object = json
      obey(election.read(Self.observation(of: json), now: now, wallClock: wallClock()))
    case .failure(let failure) where failure.kind == .notFound:
      object = nil
      obey(election.read(nil, now: now, wallClock: wallClock()))
    case .failure(let failure): failed(failure)
    }
    compareLeadership()
  }

  private func writeEnded(_ result: Result<KubernetesObject, KubernetesFailure>) {
    switch result {
    case .success(let lease):
      lastProblem = nil
      object = lease.json
      election.written(Self.observation(of: lease.json), now: now)
      waitPeriod()
    case .failure(let failure): failed(failure)
    }
    compareLeadership()
  }

  private func failed(_ failure: KubernetesFailure) {
    let isRace = failure.kind == .conflict || failure.kind == .alreadyExists
    election.failed(conflict: isRace)
    if !isRace, lastProblem != failure.kind {
      lastProblem = failure.kind
      logger.warning("the Lease cannot be used", ["problem": .describing(failure)])
    }
    waitPeriod(hasWaited: failure.kind == .unreachable(.timeout))
  }

  /// - Parameter hasWaited: Whether the last request has taken its time: then the next one follows soon,
  ///   so that a holder has as many tries as it can, and a server that is back is noticed.
  private func waitPeriod(hasWaited: Bool = false) {
    let spread = Double.random(in: 1...1.2, using: &jitter)
    periodTimer?.start(after: election.timing.retryPeriod * spread / (hasWaited ? 4 : 1))
  }

  /// Tells of leadership won or lost, and has itself called at the end of what is left of it.
  private func compareLeadership() {
    let isLeader = isLeader
    if isLeader, let end = election.end { endTimer?.start(after: end - now) }
    guard isLeader != wasLeader else { return }
    wasLeader = isLeader
    metrics?.leader.with([]).set(isLeader ? 1 : 0)
    logger.info(
      isLeader ? "leading" : "leading no more",
      ["lease": .string(path.shown), "identity": .string(election.identity)])
    onChange(isLeader)
  }

  private func body(_ record: LeaseRecord, resourceVersion: String?) -> JSONValue {
    guard let resourceVersion, var body = object else {
      return [
        "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
        "metadata": [
          "name": .string(path.name ?? ""), "namespace": .string(path.namespace ?? ""),
        ],
        "spec": record.json,
      ]
    }
    var metadata = body["metadata"] ?? [:]
    metadata.set("resourceVersion", .string(resourceVersion))
    body.set("metadata", metadata)
    // Members that later versions of Kubernetes add stay as they are.
    var spec = body["spec"] ?? [:]
    for member in record.json.members { spec.set(member.key, member.value) }
    body.set("spec", spec)
    return body
  }

  private static func observation(of json: JSONValue) -> LeaderElection.Observation {
    LeaderElection.Observation(
      resourceVersion: KubernetesObject(json).resourceVersion, record: LeaseRecord(json["spec"]))
  }
}
