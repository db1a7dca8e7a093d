/// A weak reference that crosses threads but is only looked into on one loop.
///
/// Invariant for `@unchecked Sendable`: `value` is set before the first message can arrive, on the
/// loop, and read on the loop only.
final class LoopConfined<Value: AnyObject>: @unchecked Sendable {
  weak var value: Value?
}
