/// A value that most owners do not have: one word where it is absent, kept on the heap where it is
/// there.
///
/// 100,000 policies must not pay for what a few of them say. Copies share the value; setting it
/// makes a new one.
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
}
