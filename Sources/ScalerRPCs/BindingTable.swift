internal import DecisionEngine
internal import ScalerMessages

/// The ScaledObjects that one gRPC loop knows, found by references and by whole request messages.
///
/// It is bounded: names and metadata are the client's choice, memory is not. ScaledObjects that
/// nothing asks about any more are forgotten; those that no policy answers are not kept at all.
///
/// Knows no clock: times are those of the loop. Confined to the loop.
struct BindingTable {
  /// Ten of KEDA's longest usual polling intervals.
  static let forgetAfter = Duration.seconds(900)
  /// For those that no manifest names and that have no number: their names may be made up.
  static let forgetUnknownAfter = Duration.seconds(60)
  /// The ScaledObjects that one loop knows; as many as the engine's own limit.
  static let maxBindings = 200_000
  /// In bytes: those that the engine has not answered yet.
  static let maxUnanswered = 8 << 20

  /// The two requests that name a ScaledObject. The same bytes may mean different things.
  enum RequestForm {
    /// A GetMetricsRequest for the trigger's own metric.
    case metrics
    /// A ScaledObjectRef, which all the others send.
    case reference
  }

  private var bindings: [ByteKey: Binding] = [:]
  /// In bytes.
  private(set) var unanswered = 0
  private var metricsMemo = RequestMemo<Binding>()
  private var referenceMemo = RequestMemo<Binding>()

  var count: Int { bindings.count }

  // MARK: Finding

  /// The binding that the same message was remembered for.
  mutating func binding(
    for message: RawSpan, as form: RequestForm, at now: Duration
  ) -> Binding? {
    let binding =
      switch form {
      case .metrics: metricsMemo.value(for: message)
      case .reference: referenceMemo.value(for: message)
      }
    binding?.lastUsed = now
    return binding
  }

  func binding(for key: borrowing ReferenceKey) -> Binding? {
    bindings[ByteKey(key.bytes)]
  }

  /// Remembers what a message means, if a policy answers it: no peer fills the memo with names that
  /// it has made up.
  mutating func remember(_ message: RawSpan, as form: RequestForm, for binding: Binding) {
    guard !binding.isRefused else { return }
    binding.isRemembered = true
    switch form {
    case .metrics: metricsMemo.remember(binding, for: message)
    case .reference: referenceMemo.remember(binding, for: message)
    }
  }

  // MARK: Changing

  /// Makes a binding without an answer.
  ///
  /// - Precondition: the table has none of that key.
  /// - Throws: `malformed` for names that are too long, `tooLarge` when the table is full.
  mutating func insert(
    _ object: ScaledObject, for key: borrowing ReferenceKey, at now: Duration, frames: AnswerFrames
  ) throws(MessageError) -> Binding {
    let byteCount = object.byteCount
    guard byteCount <= ScaledObject.longest else {
      throw .longReference(byteCount: byteCount, limit: 253)
    }
    let metadata = object.trigger?.byteCount ?? 0
    guard metadata <= TriggerMetadata.longest else {
      throw .longMetadata(byteCount: metadata, limit: TriggerMetadata.longest)
    }
    guard bindings.count < Self.maxBindings else { throw .manyReferences(limit: Self.maxBindings) }
    guard unanswered < Self.maxUnanswered else {
      throw .manyUnanswered(byteCount: Self.maxUnanswered)
    }
    let key = ByteKey(copying: key.bytes.span.bytes)
    let binding = Binding(object: object, key: key, now: now, frames: frames)
    bindings[key] = binding
    unanswered += binding.cost
    return binding
  }

  /// A binding gets an answer.
  mutating func answer(_ binding: Binding, _ answer: Answer, frames: inout AnswerFrames) {
    if !binding.isAnswered { unanswered -= binding.cost }
    binding.take(answer, frames: &frames)
  }

  mutating func remove(_ removed: [Binding]) {
    for binding in removed {
      guard bindings.removeValue(forKey: binding.key) != nil else { continue }
      if !binding.isAnswered { unanswered -= binding.cost }
    }
    // A memo does not know which of its messages mean a binding.
    if removed.contains(where: \.isRemembered) { emptyMemos() }
  }

  /// Makes room in memos that are full: some of their messages may be outdated.
  mutating func emptyFullMemos() {
    if metricsMemo.isFull || referenceMemo.isFull { emptyMemos() }
  }

  private mutating func emptyMemos() {
    metricsMemo.removeAll()
    referenceMemo.removeAll()
  }

  // MARK: Forgetting

  /// The bindings to be forgotten, for want of calls. Not one that the engine has yet to answer.
  ///
  /// - Parameter isWatched: whether a stream of the binding is open.
  func unused(at now: Duration, isWatched: (Binding) -> Bool) -> [Binding] {
    bindings.values.filter {
      guard $0.isAnswered else { return false }
      let limit =
        $0.isImplied && !$0.hasNumber ? Self.forgetUnknownAfter : Self.forgetAfter
      return $0.lastUsed < now - limit && isIdle($0, isWatched)
    }
  }

  /// An eighth of the bindings that no manifest names, to be forgotten because there are too many: first
  /// those without a number, then those whose last call is longest ago.
  func oldest(isWatched: (Binding) -> Bool) -> [Binding] {
    let implied = bindings.values.filter(\.isImplied)
    let idle = implied.filter { isIdle($0, isWatched) }
      .sorted { ($0.hasNumber ? 1 : 0, $0.lastUsed) < ($1.hasNumber ? 1 : 0, $1.lastUsed) }
    return Array(idle.prefix(implied.count / 8 + 1))
  }

  private func isIdle(_ binding: Binding, _ isWatched: (Binding) -> Bool) -> Bool {
    binding.waiting.isEmpty && !isWatched(binding)
  }
}
