/// A value that many hold and that is in memory once.
///
/// A large value lies in every array and dictionary that holds it; this takes a word in each. With
/// 100,000 policies that is the larger part of what they take.
@dynamicMemberLookup
package final class Shared<Value: Hashable & Sendable>: Sendable {
  package let value: Value

  package init(_ value: Value) {
    self.value = value
  }

  package subscript<Member>(dynamicMember path: KeyPath<Value, Member>) -> Member {
    value[keyPath: path]
  }
}

/// By value; two that are one need no look inside.
extension Shared: Hashable {
  package static func == (left: Shared, right: Shared) -> Bool {
    left === right || left.value == right.value
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(value)
  }
}
