/// A value that most owners do not have: one word where it is absent, kept on the heap where it is
/// there.
///
/// 100,000 policies must not pay for what a few of them say: with plain optionals they take 247 MB at
/// the end of the start instead of 206 MB, and 227 MB instead of 187 MB at rest, where 200 MB are the
/// goal. Only for what is much longer than a word and in every policy, decision or reading. Copies share
/// the value; setting it makes a new one.
@propertyWrapper
package struct Rare<Value: Hashable & Sendable>: Hashable, Sendable {
  private var shared: Shared<Value>?

  package init(wrappedValue: Value?) {
    shared = wrappedValue.map { Shared($0) }
  }

  package var wrappedValue: Value? {
    get { shared?.value }
    set { shared = newValue.map { Shared($0) } }
  }

  /// The value without a copy.
  package var projectedValue: Shared<Value>? { shared }
}
