/// How the latest streams of a client stand on its own side: 1024 of them, in two bits each.
///
/// nghttp2 forgets a stream once both sides have ended it, and then passes over whatever still comes
/// for it, because it cannot tell what was under way from what breaks the rules (RFC 9113, 5.1).
/// What the client itself has said tells it apart. Older streams are left to nghttp2.
struct StreamHistory: Sendable, Equatable {
  enum State: UInt64 {
    /// Passed over by the client, which can no longer open it (5.1.1).
    case skipped = 0
    case open = 1
    case ended = 2
    case reset = 3
  }

  /// How many streams are remembered. A power of two.
  static let count: UInt32 = 1024

  /// The highest stream that the client has opened; 0 before the first.
  private(set) var last: UInt32 = 0
  private var words = [UInt64](repeating: 0, count: Int(count) / 32)

  /// Nil for a stream that is yet to come, too old to be remembered, or not of the client's side.
  func state(of stream: UInt32) -> State? {
    guard stream & 1 == 1, stream <= last, last - stream < 2 * Self.count else { return nil }
    let (word, shift) = Self.place(of: stream)
    return State(rawValue: words[word] >> shift & 3)
  }

  /// The client has opened a stream above all others.
  ///
  /// - Precondition: the number is odd and higher than `last`.
  mutating func opened(_ stream: UInt32) {
    // Each of those in between has the place of an older one.
    let skipped = last == 0 ? stream / 2 : (stream - last) / 2 - 1
    for back in 0..<min(skipped, Self.count) { set(stream - 2 * (back + 1), .skipped) }
    last = stream
    set(stream, .open)
  }

  /// The client has ended or reset a stream that is remembered.
  mutating func closed(_ stream: UInt32, _ state: State) {
    guard self.state(of: stream) == .open else { return }
    set(stream, state)
  }

  private mutating func set(_ stream: UInt32, _ state: State) {
    let (word, shift) = Self.place(of: stream)
    words[word] = words[word] & ~(3 << shift) | state.rawValue << shift
  }

  private static func place(of stream: UInt32) -> (word: Int, shift: UInt64) {
    let index = stream / 2 % count
    return (Int(index / 32), UInt64(index % 32 * 2))
  }
}
