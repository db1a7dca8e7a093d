package import EventLoop
internal import Scaling
package import Telemetry
package import Time

/// Writes what happens to objects as events (`events.k8s.io/v1`).
///
/// Events help people; nothing depends on them. One that cannot be written is counted and forgotten.
///
/// Confined to its client's loop.
package final class EventRecorder {
  private let client: KubernetesClient
  /// Which replica, for `reportingInstance`.
  private let instance: String
  private let wallClock: @Sendable () -> Instant
  private let logger: Logger
  private let metrics: KubernetesMetrics?
  private var series = EventSeries()
  private var timer: LoopTimer?

  /// Kubernetes' limits of the fields, in bytes.
  private static let noteLimit = 1024
  private static let wordLimit = 128

  package init(
    client: KubernetesClient, instance: String, wallClock: @escaping @Sendable () -> Instant,
    logger: Logger, metrics: KubernetesMetrics? = nil
  ) throws(EventLoopError) {
    self.client = client
    self.instance = instance
    self.wallClock = wallClock
    self.logger = logger
    self.metrics = metrics
    timer = try LoopTimer(on: client.loop) { [unowned self] in
      for order in series.due(now: client.loop.now) { obey(order) }
    }
    timer?.start(after: EventSeries.updateInterval, repeating: EventSeries.updateInterval)
  }

  package func record(_ note: EventNote) {
    obey(series.happened(note, now: client.loop.now, wallClock: wallClock()))
  }

  package func shutDown() {
    timer = nil
  }

  private func obey(_ order: EventSeries.Order) {
    switch order {
    case .none: break
    case .drop: metrics?.events.with(["dropped"]).increment()
    case .create(let name, let note, let at): create(name, note, at)
    case .update(let name, let namespace, let count, let last):
      update(name, namespace, count: count, last: last)
    }
  }

  private func create(_ name: String, _ note: EventNote, _ at: Instant) {
    let namespace = note.regarding.namespace ?? "default"
    let event: JSONValue = [
      "apiVersion": "events.k8s.io/v1", "kind": "Event",
      "metadata": ["name": .string(name), "namespace": .string(namespace)],
      "eventTime": .string(MicroTime.text(at)),
      "reportingController": "headstart.dev/headstart",
      "reportingInstance": .string(Self.cut(instance, Self.wordLimit)),
      "action": .string(Self.cut(note.action, Self.wordLimit)),
      "reason": .string(Self.cut(note.reason, Self.wordLimit)),
      "type": .string(note.severity.rawValue),
      "note": .string(Self.cut(note.note, Self.noteLimit)),
      "regarding": note.regarding.json,
    ]
    client.create(event, in: ResourcePath(.events, namespace: namespace)) { [weak self] result in
      self?.ended(result, name)
    }
  }

  private func update(_ name: String, _ namespace: String, count: Int, last: Instant) {
    let patch: JSONValue = [
      "series": [
        "count": .integer(count), "lastObservedTime": .string(MicroTime.text(last)),
      ]
    ]
    client.mergePatch(
      patch, at: ResourcePath(.events, namespace: namespace, name: name)
    ) { [weak self] result in self?.ended(result, name) }
  }

  private func ended(_ result: Result<KubernetesObject, KubernetesFailure>, _ name: String) {
    switch result {
    case .success: metrics?.events.with(["written"]).increment()
    case .failure(let failure) where failure.kind == .alreadyExists: break
    case .failure(let failure):
      series.lost(name: name)
      metrics?.events.with(["failed"]).increment()
      logger.debug("event not written", ["problem": .describing(failure)])
    }
  }

  /// At most that many bytes, and no half characters.
  private static func cut(_ text: String, _ limit: Int) -> String {
    guard text.utf8.count > limit else { return text }
    var shortened = text.unicodeScalars.prefix(limit - 3)
    while String(shortened).utf8.count > limit - 3 { shortened = shortened.dropLast() }
    return String(shortened) + "…"
  }
}
