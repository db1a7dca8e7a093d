internal import Scaling
private import Synchronization

/// Lets policies with the same signals share them: a fleet is made from a few templates, and the
/// rules of a schedule are the largest part of a policy.
///
/// The files of one reading share it, and the threads that decode them.
final class SignalTemplates: Sendable {
  private let known = Mutex<Set<[Signal]>>([])
  private let written = Mutex<[WrittenSignals: [Signal]]>([:])

  /// A fleet is made from fewer templates than that; where each policy has signals of its own, what
  /// is written of them would fill the memory.
  private static let capacity = 1024

  /// The first list that equals this one.
  func shared(_ signals: [Signal]) -> [Signal] {
    known.withLock { $0.insert(signals).memberAfterInsert }
  }

  /// What was decoded where the same was written.
  func signals(of text: WrittenSignals) -> [Signal]? {
    written.withLock { $0[text] }
  }

  /// Remembers signals that follow from what is written alone, and draw neither an error nor a
  /// warning.
  func remember(_ signals: [Signal], of text: WrittenSignals) {
    written.withLock { written in
      guard written.count < Self.capacity else { return }
      written[text.detached] = signals
    }
  }
}

/// How the signals of a policy are written, whatever their place in the file: the same again means
/// the same signals. Finding those takes a fifth of the time of decoding them.
struct WrittenSignals: Hashable, Sendable {
  private let texts: ArraySlice<UInt8>
  /// Kind and count of every node.
  private let shape: [UInt32]
  /// Warnings depend on them.
  private let limits: ReplicaLimits
  /// Computed once, and before others wait for the look-up.
  private let hash: Int

  /// Nil where an alias stands for something that is written elsewhere.
  init?(_ node: YAMLNode, limits: ReplicaLimits) {
    let nodes = node.tree.nodes[node.index..<node.tree.end(of: node.index)]
    var shape: [UInt32] = []
    shape.reserveCapacity(nodes.count)
    var range: Range<Int>?
    for node in nodes {
      guard node.kind != .alias, node.kind != .mergeKey else { return nil }
      shape.append(node.count << 3 | UInt32(node.kind.rawValue))
      guard node.kind == .plain || node.kind == .quoted else { continue }
      range = (range?.lowerBound ?? Int(node.start))..<Int(node.start + node.count)
    }
    self.shape = shape
    self.limits = limits
    // The texts of nodes that follow each other do so too.
    let texts = node.tree.bytes[range ?? 0..<0]
    self.texts = texts
    var hasher = Hasher()
    shape.withUnsafeBytes { hasher.combine(bytes: $0) }
    texts.withUnsafeBytes { hasher.combine(bytes: $0) }
    hasher.combine(limits)
    hash = hasher.finalize()
  }

  static func == (left: WrittenSignals, right: WrittenSignals) -> Bool {
    left.hash == right.hash && left.shape == right.shape && left.limits == right.limits
      && left.texts.elementsEqual(right.texts)
  }

  func hash(into hasher: inout Hasher) {
    hasher.combine(hash)
  }

  /// The same without the rest of its file.
  var detached: WrittenSignals { WrittenSignals(detaching: self) }

  private init(detaching other: WrittenSignals) {
    texts = ArraySlice(Array(other.texts))
    shape = other.shape
    limits = other.limits
    hash = other.hash
  }
}
