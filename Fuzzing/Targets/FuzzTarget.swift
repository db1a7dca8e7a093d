internal import EventLoop

/// One decoder of outside bytes, and what must hold whatever the bytes are.
///
/// The same targets are driven twice: by libFuzzer (`Runner`), which makes the bytes up, and by the
/// unit tests (`Replay`), which feed them the seeds and every input that once broke something.
struct FuzzTarget: Sendable {
  /// Feeds one input.
  ///
  /// Throws `Broken` when a promise is broken; a trap is a finding just as well.
  typealias Check = ([UInt8]) throws(Broken) -> Void

  /// As `scripts/fuzz` and the folders of seeds and findings name it.
  let name: String
  /// The longest input that libFuzzer makes, in bytes.
  let maxLength: Int
  private let prepare: @Sendable (EventLoop) -> Check

  /// - Parameter prepare: makes what feeds the inputs, which may keep state from one to the next, on
  ///   the loop that it will be called on.
  init(_ name: String, maxLength: Int, prepare: @escaping @Sendable (EventLoop) -> Check) {
    self.name = name
    self.maxLength = maxLength
    self.prepare = prepare
  }

  /// A target whose inputs have nothing in common.
  init(_ name: String, maxLength: Int, check: @escaping @Sendable ([UInt8]) throws(Broken) -> Void)
  {
    self.init(name, maxLength: maxLength, prepare: { _ in check })
  }

  /// Calls `body` with what feeds the inputs, and returns when it has returned. Some of what is fuzzed
  /// lives on a loop, so that this thread is one as long as that lasts.
  func run(_ body: @escaping @Sendable (@escaping Check) -> Void) throws(EventLoopError) {
    let loop = try EventLoop(name: "fuzz")
    loop.post { [prepare] in
      body(prepare(loop))
      loop.stop()
    }
    loop.run()
  }

  /// Every target. `scripts/fuzz` runs them in this order.
  static let all = [
    grpcFrames, grpcTimeout, requestHead, requestMessages, http2Connection, http2Socket, manifests,
    calendar, json, forecastAnswer, prometheusAnswer, rangeAnswer, httpAnswer, answerHeaders,
    errorText, triggerMetadata, texts, loadHistory, learntState, keptMemory, sidePort, decisions,
    kubeconfig, kubernetesAnswer,
  ]
}

/// A promise that an input has broken.
struct Broken: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}

/// States what must hold of an input.
func require(
  _ condition: Bool, _ promise: @autoclosure () -> String
) throws(Broken) {
  guard condition else { throw Broken(promise()) }
}
