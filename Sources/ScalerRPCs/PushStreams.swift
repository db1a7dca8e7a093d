internal import HTTP2Server

/// The open StreamIsActive RPCs of one loop: which of them have to be sent `true`, and when once more.
///
/// `true` is sent on open and on every rising edge, and again after each of `repeatDelays`. `false`
/// is never sent: KEDA up to 2.17 would deactivate the workload whatever its other triggers say
/// (C28), later ones ignore it (C10). A lost signal is no edge: the stream stays open and silent.
///
/// Pure: times are those of the caller's clock, which never goes back.
struct PushStreams<Object: Hashable> {
  enum Activity: Hashable, CaseIterable {
    case active
    case inactive
    /// The signals are lost; the last state stays.
    case unknown
  }

  /// When a rising edge is sent again: KEDA loses a push that meets its own step to zero (C31), and
  /// one for a ScaledObject whose status has no metric name yet (C10).
  static var repeatDelays: [Duration] { [.seconds(1), .seconds(5)] }

  private struct Watched {
    /// By stream, whether `true` was sent since the object was last inactive.
    var streams: [RPCID: Bool] = [:]
    var activity = Activity.unknown
  }

  private var watched: [Object: Watched] = [:]
  private var objects: [RPCID: Object] = [:]
  /// Streams that are sent `true` once more, for each of `repeatDelays`, the earliest first.
  private var repeats: [[(at: Duration, rpc: RPCID)]] = repeatDelays.map { _ in [] }

  /// The open streams of an object, in no order.
  func streams(of object: Object) -> [RPCID] {
    watched[object].map { Array($0.streams.keys) } ?? []
  }

  func isWatched(_ object: Object) -> Bool { watched[object] != nil }

  mutating func opened(_ rpc: RPCID, of object: Object) {
    objects[rpc] = object
    watched[object, default: Watched()].streams[rpc] = false
  }

  mutating func ended(_ rpc: RPCID) {
    guard let object = objects.removeValue(forKey: rpc) else { return }
    watched[object]?.streams[rpc] = nil
    if watched[object]?.streams.isEmpty == true { watched[object] = nil }
  }

  /// The object has this activity now. After a stream was opened too, once its activity is known.
  ///
  /// - Returns: the streams that have to be sent `true`.
  mutating func update(_ object: Object, to activity: Activity, at now: Duration) -> [RPCID] {
    guard var known = watched.removeValue(forKey: object) else { return [] }
    var rising: [RPCID] = []
    switch activity {
    case .active:
      rising = known.streams.filter { !$0.value }.map(\.key)
      for rpc in rising { known.streams[rpc] = true }
    case .inactive:
      for rpc in known.streams.keys { known.streams[rpc] = false }
    case .unknown:
      break
    }
    known.activity = activity
    watched[object] = known
    for (index, delay) in Self.repeatDelays.enumerated() {
      repeats[index] += rising.map { (now + delay, $0) }
    }
    return rising
  }

  /// When the next stream may have to be sent `true` once more; nil while there is none.
  var nextRepeat: Duration? { repeats.compactMap { $0.first?.at }.min() }

  /// - Returns: the streams that have to be sent `true` once more: those whose time has come, and
  ///   whose object is active now.
  mutating func popRepeats(at now: Duration) -> [RPCID] {
    var due: [RPCID] = []
    for index in repeats.indices {
      let passed = repeats[index].prefix { $0.at <= now }
      due += passed.map(\.rpc).filter(isActive)
      repeats[index].removeFirst(passed.count)
    }
    return due
  }

  private func isActive(_ rpc: RPCID) -> Bool {
    objects[rpc].flatMap { watched[$0] }?.activity == .active
  }
}
