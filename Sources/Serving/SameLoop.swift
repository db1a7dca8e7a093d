/// Carries a value from one actor to another of the same loop.
///
/// Invariant for `@unchecked Sendable`: both actors run on one loop, and so on one thread; the
/// value never leaves it. The compiler sees two actors and cannot know.
struct SameLoop<Value>: @unchecked Sendable {
  let value: Value

  init(_ value: Value) {
    self.value = value
  }
}
