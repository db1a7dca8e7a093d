package import EventLoop
internal import Scaling
package import Telemetry
package import Time

/// Writes the status of custom resources, and tells of those that became invalid as events.
///
/// Only one replica writes: `mayWrite` says whether it is this one. The rate is bounded over all
/// objects too, so that five thousand of them do not use up the API server's patience.
///
/// Confined to its client's loop.
package final class StatusWriter {
  private let client: KubernetesClient
  private let recorder: EventRecorder
  private let wallClock: @Sendable () -> Instant
  private let logger: Logger
  private let metrics: KubernetesMetrics?
  private let mayWrite: () -> Bool
  private let nextChange: (ObjectID) -> ObjectStatus.NextChange?
  private var book = StatusBook()
  private var timer: LoopTimer?
  private var underWay = 0
  /// Resources that have been found to have no status, or that may not be written.
  private var refused: Set<String> = []
  private var wasWriter = false

  /// How often the book is looked through, and how many writes are begun each time.
  private static let period = Duration.milliseconds(250)
  private static let writesPerPeriod = 10
  private static let maximumUnderWay = 20

  /// - Parameters:
  ///   - mayWrite: Asked before every write.
  ///   - nextChange: When the object's answer changes next; asked only for what may be written.
  package init(
    client: KubernetesClient, recorder: EventRecorder, wallClock: @escaping @Sendable () -> Instant,
    logger: Logger, metrics: KubernetesMetrics? = nil, mayWrite: @escaping () -> Bool,
    nextChange: @escaping (ObjectID) -> ObjectStatus.NextChange?
  ) throws(EventLoopError) {
    self.client = client
    self.recorder = recorder
    self.wallClock = wallClock
    self.logger = logger
    self.metrics = metrics
    self.mayWrite = mayWrite
    self.nextChange = nextChange
    timer = try LoopTimer(on: client.loop) { [unowned self] in periodPassed() }
    timer?.start(after: Self.period, repeating: Self.period)
  }

  package func shutDown() {
    timer = nil
  }

  /// Takes what the watch has found.
  package func review(_ reviews: [ObjectReview], removed: [ObjectID]) {
    for id in removed { book.removed(id) }
    for review in reviews { book.reviewed(review, now: client.loop.now) }
  }

  /// Takes what has been decided, observed or done.
  package func learn(_ id: ObjectID, _ change: (inout ObjectFacts) -> Void) {
    book.learned(id, change)
  }

  private func periodPassed() {
    let isWriter = mayWrite()
    defer { wasWriter = isWriter }
    guard isWriter else { return }
    if !wasWriter { book.becameWriter() }
    let limit = min(Self.writesPerPeriod, Self.maximumUnderWay - underWay)
    guard limit > 0 else { return }
    let writes = book.due(
      limit: limit, now: client.loop.now, wallClock: wallClock(), nextChange: nextChange)
    for write in writes { begin(write) }
  }

  private func begin(_ write: StatusBook.Write) {
    let review = write.review
    if let announcement = write.announcement { announce(announcement, review) }
    guard review.resource.hasStatus else {
      refuse(review.resource, "its CRD has no status subresource")
      book.failed(review.id, repeats: false, now: client.loop.now)
      return
    }
    underWay += 1
    let path = ResourcePath(
      review.resource, namespace: review.reference.namespace, name: review.reference.name,
      subresource: "status")
    client.mergePatch(write.patch, at: path) { [weak self] result in
      self?.ended(result, review)
    }
  }

  private func ended(
    _ result: Result<KubernetesObject, KubernetesFailure>, _ review: ObjectReview
  ) {
    underWay -= 1
    switch result {
    case .success:
      metrics?.statusWrites.with(["success"]).increment()
      book.written(review.id)
    case .failure(let failure):
      metrics?.statusWrites.with(["failure"]).increment()
      // An object that has been deleted meanwhile is none to write to.
      let isGone = failure.kind == .notFound
      book.failed(review.id, repeats: !isGone, now: client.loop.now)
      if !isGone { refuse(review.resource, failure.message) }
    }
  }

  /// Logs once for each resource why its status is not written.
  private func refuse(_ resource: APIResource, _ problem: String) {
    guard refused.insert(resource.name).inserted else { return }
    logger.warning(
      "status not written",
      ["resource": .string(resource.qualifiedName), "problem": .string(problem)])
  }

  private func announce(_ accepted: Condition, _ review: ObjectReview) {
    recorder.record(
      EventNote(
        regarding: review.reference, severity: accepted.truth == .no ? .warning : .normal,
        reason: accepted.reason, action: "Validate", note: accepted.message))
  }
}
