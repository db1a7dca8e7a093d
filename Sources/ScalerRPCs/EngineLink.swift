internal import DecisionEngine
internal import EventLoop

/// How one gRPC loop talks to the engine: asks for answers, and takes them when they come.
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
    engine.loop.post { [engine, mailbox] in
      engine.assumeIsolated { $0.subscribe(object, ignoring: ignored, worker: mailbox) }
    }
  }

  /// - Precondition: they have been answered: the engine may take a while for the first answer.
  func unsubscribe(_ objects: [ScaledObject]) {
    engine.loop.post { [engine, mailbox] in
      engine.assumeIsolated { $0.unsubscribe(objects, worker: mailbox) }
    }
  }

  private func received(_ message: WorkerMessage) {
    switch message {
    case .ready:
      onReady()
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
