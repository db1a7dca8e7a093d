internal import DecisionEngine
internal import EventLoop

/// How one gRPC loop talks to the engine: asks for answers, and takes them when they come.
///
/// New ScaledObjects are asked for in batches, one at a time. The control loop has sources, timers and
/// the side port to serve, too: however many names clients make up, no more than a batch of each gRPC
/// loop is ahead of those. What waits is bounded by `BindingTable.maxUnanswered`.
///
/// Confined to the gRPC loop. The engine lives on another; only values cross.
final class EngineLink {
  /// The engine has loaded the policies.
  var onReady: () -> Void = {}
  /// A ScaledObject that was subscribed to has a new answer.
  var onAnswer: (AnswerUpdate) -> Void = { _ in }

  /// Too much is kept for clients: forgets the oldest, and returns them.
  var onForgetOldest: () -> [ScaledObject] = { [] }

  private let loop: EventLoop
  private let engine: DecisionEngine
  private let mailbox: WorkerMailbox
  /// This object, for what is posted to its loop.
  private let handle = LoopConfined<EngineLink>()
  /// Answers that have not been taken yet, by message.
  private var news: [[AnswerUpdate]] = []
  /// ScaledObjects that the engine has yet to be asked about, in order.
  private var waiting: ArraySlice<SubscriptionRequest> = []
  /// Whether the engine has a batch that it has not taken yet.
  private var isAsking = false

  /// Some milliseconds of the control loop, where each implies a policy of its own.
  static let batchSize = 64

  init(loop: EventLoop, engine: DecisionEngine) {
    self.loop = loop
    self.engine = engine
    mailbox = WorkerMailbox(loop: loop) { [handle] message in
      handle.value?.received(message)
    }
    handle.value = self
    engine.loop.post { [engine, mailbox] in
      engine.assumeIsolated { $0.add(worker: mailbox) }
    }
  }

  /// Asks for the answers of a ScaledObject, now and whenever they change.
  ///
  /// - Parameter ignored: keys of its trigger that Headstart does not read.
  func subscribe(_ object: ScaledObject, ignored: [String]) {
    waiting.append(SubscriptionRequest(object: object, ignored: ignored))
    if !isAsking { askForNextBatch() }
  }

  /// - Precondition: they have been answered, so that none of them waits here.
  func unsubscribe(_ objects: [ScaledObject]) {
    engine.loop.post { [engine, mailbox] in
      engine.assumeIsolated { $0.unsubscribe(objects, worker: mailbox) }
    }
  }

  private func askForNextBatch() {
    isAsking = !waiting.isEmpty
    guard isAsking else { return }
    // What a slice has let go of at its front stays in memory as long as the slice.
    let batch = ArraySlice(Array(waiting.prefix(Self.batchSize)))
    waiting.removeFirst(batch.count)
    if waiting.isEmpty { waiting = [] }
    engine.loop.post { [engine, mailbox] in
      engine.assumeIsolated { $0.subscribe(batch, worker: mailbox) }
    }
  }

  private func received(_ message: WorkerMessage) {
    switch message {
    case .ready:
      onReady()
    case .subscribed:
      askForNextBatch()
    case .forgetOldest:
      let forgotten = onForgetOldest()
      engine.loop.post { [engine, mailbox] in
        engine.assumeIsolated { $0.forgot(forgotten, worker: mailbox) }
      }
    case .answers(let updates):
      let isUnderWay = !news.isEmpty
      news.append(updates)
      if !isUnderWay { takeNews() }
    }
  }

  /// Takes one message's answers, and lets sockets be read before the next one's.
  private func takeNews() {
    for update in news.removeFirst() { onAnswer(update) }
    guard !news.isEmpty else { return }
    loop.post { [handle] in handle.value?.takeNews() }
  }
}
